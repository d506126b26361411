"""Several policies as one."""

from __future__ import annotations

from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide


class AllOf:
    """Allows what each of its parts allows; the first that refuses gives the reason.

    Parameters
    ----------
    parts
        Asked in this order. Without any, nothing is allowed.
    """

    def __init__(self, *parts: AccessPolicy) -> None:
        self._parts = parts

    def decide(self, request: AccessRequest) -> Decision:
        """Ask each part; one that raises has refused."""
        if not self._parts:
            return Decision(False, "no access policy is configured")
        reasons: list[str] = []
        for part in self._parts:
            decision = decide(part, request)
            if not decision:
                return decision
            reasons.append(decision.reason)
        return Decision(True, "; ".join(reasons))
