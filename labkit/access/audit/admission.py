"""Node authentication on record: who was let associate, who was not, and why (PS3.15 A.5.3.12)."""

from __future__ import annotations

from labkit.access.audit.trail import AuditTrail
from labkit.common.errors import LabkitError
from labkit.dimse.admission import NO_DECISION, Admission, AdmissionPolicy, Applicant, admit


class AuditedAdmission:
    """Asks another admission policy and records its answer; unrecorded, the answer is no.

    An association that is let in is a User Authentication (Login), one that is not a Security Alert
    (Node Authentication). Never recorded: passcodes and tokens of the user identity.

    Parameters
    ----------
    policy
        Decides.
    trail
        Where the records go.
    """

    def __init__(self, policy: AdmissionPolicy, trail: AuditTrail) -> None:
        self._policy, self._trail = policy, trail

    def admit(self, applicant: Applicant) -> Admission:
        """Ask, record, answer."""
        answer = admit(self._policy, applicant)
        shown = applicant.certificate.subject if applicant.certificate else ""
        try:
            self._trail.note(
                "UserAuthentication" if answer.admitted else "SecurityAlert",
                answer.reason,
                type="Login" if answer.admitted else "NodeAuthentication",
                allowed=answer.admitted,
                actor=applicant.calling,
                door=applicant.called,
                address=applicant.address,
                **({"certificate": shown} if shown else {}),
            )
        except (LabkitError, OSError, ValueError):
            return Admission(False, "the admission could not be recorded", NO_DECISION)
        return answer
