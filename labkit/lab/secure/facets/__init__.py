"""What a notebook sees of a secure lab: ``lab.auth``, ``lab.consents``, ``lab.audit``."""

from labkit.lab.secure.facets.lab import SecureLab

__all__ = ["SecureLab"]
