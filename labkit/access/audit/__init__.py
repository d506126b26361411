"""Audit: each decision on record before it is answered, in a trail that shows who has been at it.

::

    trail = AuditTrail(folder, clock=clock, key=audit_key(path))
    policy = AuditedPolicy(AllOf(nodes, consent), trail, about=about_subjects(subjects))

A record is plain JSON (``labkit-audit/1``); `audit_message` and `audit_event` make of it what
PS3.15 A.5 and FHIR R4 want, `forward` sends it to an Audit Record Repository (IHE ATNA, ITI-20).
"""

from labkit.access.audit.about import about_subjects
from labkit.access.audit.admission import AuditedAdmission
from labkit.access.audit.auditevent import audit_event
from labkit.access.audit.chain import audit_key
from labkit.access.audit.message import audit_message
from labkit.access.audit.policy import AuditedPolicy, glass_recorder
from labkit.access.audit.reading import TrailReader, Verification
from labkit.access.audit.receiver import SyslogReceiver
from labkit.access.audit.syslog import SyslogSender, forward
from labkit.access.audit.trail import AuditError, AuditTrail

__all__ = [
    "AuditError", "AuditTrail", "AuditedAdmission", "AuditedPolicy", "SyslogReceiver",
    "SyslogSender", "TrailReader", "Verification", "about_subjects", "audit_event", "audit_key",
    "audit_message", "forward", "glass_recorder",
]  # fmt: skip
