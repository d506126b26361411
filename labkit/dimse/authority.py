"""A certificate authority for lessons and tests: it issues, describes and takes back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dimse.certificate import CertificateInfo, describe, write_revocations

_OURS = ("ca", "crl")  # files of the authority itself
HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Credential:
    """What a node shows of itself: two PEM files.

    Attributes
    ----------
    certificate
        May be given to anybody.
    key
        The private key; stays where it is.
    """

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder, made when first used; for tests and lessons.

    A hospital's own authority does the same with more care. Nothing leaves the machine.

    Parameters
    ----------
    folder
        Where its files are kept, and those that it issues.
    clock
        Gives the time for its revocation list.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        import trustme  # takes a moment, and most labs never ask for it

        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self._list, self._clock = self.folder / "crl.pem", clock
        key = self.folder / "ca.key"
        if self.certificate.exists() and key.exists():
            self._ca = trustme.CA.from_pem(self.certificate.read_bytes(), key.read_bytes())
        else:
            self._ca = trustme.CA(organization_name="labkit", organization_unit_name="DICOM lab")
            _write_private(key, self._ca.private_key_pem.bytes())
            self.certificate.write_bytes(self._ca.cert_pem.bytes())

    def credential(self, name: str, *, not_after: datetime | None = None) -> Credential:
        """Give the certificate of `name` for this machine; issue it where there is none.

        Parameters
        ----------
        name
            Whose: an AE title, which becomes the common name. Names of files derive from it.
        not_after
            Until when it is valid; a moment that has passed makes an expired one.

        Raises
        ------
        UsageError
            `name` cannot be the name of a file.
        """
        if (
            name in _OURS
            or not name
            or name.strip(".") != name
            or not all(c.isalnum() or c in "._-" for c in name)
        ):
            raise UsageError(
                f"{name!r} cannot be the name of a node's files",
                remedy="Use letters, digits, hyphen and underscore.",
            )
        found = Credential(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        if not (found.certificate.exists() and found.key.exists()):
            leaf = self._ca.issue_cert(
                *HOSTS,
                common_name=name,
                organization_name="labkit",
                organization_unit_name="DICOM lab",  # else trustme's own, another each time
                not_after=not_after,
            )
            _write_private(found.key, leaf.private_key_pem.bytes())
            found.certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        return found

    def __repr__(self) -> str:
        return "<Authority of labkit>"

    @property
    def revocations(self) -> Path:
        """Its revocation list as it is now; made empty where nothing was ever revoked."""
        if not self._list.exists():
            self._write_revocations()
        return self._list

    def revoke(self, name: str) -> None:
        """Put the certificate of `name` on the revocation list; the next one is a new one.

        A server that listens has the list that it was given: have it listen anew.

        Raises
        ------
        UsageError
            There is none.
        """
        found = self.folder / f"{name}.pem"
        if not found.exists():
            raise UsageError(
                f"no certificate was issued to {name!r}", remedy="Name one that was: credential()."
            )
        aside = self.folder / "revoked"
        aside.mkdir(exist_ok=True)
        found.rename(aside / f"{len(list(aside.iterdir())):04}-{found.name}")
        (self.folder / f"{name}.key").unlink(missing_ok=True)
        self._write_revocations()

    def issued(self) -> dict[str, CertificateInfo]:
        """Describe what is in use, by the name that it was issued to."""
        files = sorted(self.folder.glob("*.pem"))
        leave = {self.certificate, self._list}
        return {
            path.stem: describe(path, revoked=self.revocations)
            for path in files
            if path not in leave
        }

    def _write_revocations(self) -> None:
        write_revocations(
            self._list,
            authority=self.certificate,
            key=self.folder / "ca.key",
            revoked=sorted((self.folder / "revoked").glob("*.pem")),
            now=self._clock(),
        )


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
