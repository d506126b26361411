"""What a learner needs to speak TLS with the lab."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """Three PEM files; their folder is left out of the ``repr``.

    Attributes
    ----------
    authority
        The certificate of who signed the nodes' certificates: what to trust.
    certificate, key
        The learner's own, to show where a node asks for one.
    """

    authority: Path = field(repr=False)
    certificate: Path = field(repr=False)
    key: Path = field(repr=False)

    def __repr__(self) -> str:
        files = (self.authority, self.certificate, self.key)
        return f"Certificates({', '.join(path.name for path in files)})"
