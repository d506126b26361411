"""AuditTrail: who did what with an image, from where to where, allowed or refused."""

from labkit.widgets.audit_trail.model import AuditTrail

__all__ = ["AuditTrail"]
