"""What the portal writes down: who was shown what, who shared it, who was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.access.audit import AuditTrail
from labkit.access.audit.events import REFUSED

DOOR = "PORTAL"
_EVENTS = {
    "view": ("PatientRecord", "R"),
    "document": ("PatientRecord", "R"),
    "images": ("DICOMInstancesAccessed", "R"),
    "share": ("ApplicationActivity", "C"),
    "open share": ("UserAuthentication", "E"),
    "revoke": ("ApplicationActivity", "D"),
}


def note(
    trail: AuditTrail, action: str, actor: str, what: Mapping[str, str], *,
    allowed: bool = True, reason: str = "",
) -> None:  # fmt: skip
    """Write a record before anything is shown.

    Parameters
    ----------
    actor
        ``sub`` of the token; behind a share ``share/<id>``, and the recipient in `what`.
    what
        ``StudyInstanceUID``, ``patient``, ``recipient``, ``share`` …; never a token or a passcode.

    Raises
    ------
    AuditError
        It could not be written, so it must not be shown.
    """
    event, act = _EVENTS[action]
    entry: dict[str, Any] = {
        "kind": "access", "action": action, "door": DOOR, "actor": actor,
        "event": event if allowed else REFUSED, "act": act, "life": "6", "allowed": allowed,
        "reason": reason[:300], "what": {name: value for name, value in what.items() if value},
    }  # fmt: skip
    trail.append(entry)
