"""What every layer may use: errors, citations of the standard, access policy, clock."""

from labkit.common.access import ALLOW_ALL, DENY_ALL, AccessPolicy, AccessRequest, Decision
from labkit.common.cite import Citation, cite
from labkit.common.errors import LabkitError

__all__ = [
    "ALLOW_ALL",
    "DENY_ALL",
    "AccessPolicy",
    "AccessRequest",
    "Citation",
    "Decision",
    "LabkitError",
    "cite",
]
