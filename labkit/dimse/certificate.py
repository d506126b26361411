"""What a certificate says, and the list of those that no longer count (RFC 5280)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.common.errors import UsageError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LIST_LASTS = timedelta(days=7)


@dataclass(frozen=True)
class CertificateInfo:
    """What an administrator looks at.

    Attributes
    ----------
    subject, issuer
        As RFC 4514 writes them, most specific first.
    names
        Host names and addresses that it is good for as a server.
    fingerprint
        SHA-256 of its DER form: 64 hexadecimal digits, lower case.
    serial
        Its number at its issuer.
    not_before, not_after
        From when until when it is valid, UTC.
    revoked
        Whether its issuer's list has it, as far as that was looked at.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    fingerprint: str
    serial: int = field(repr=False)
    not_before: datetime
    not_after: datetime
    revoked: bool = False

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.not_after - now).days


def describe(path: str | Path, *, revoked: str | Path | None = None) -> CertificateInfo:
    """Read a certificate.

    Parameters
    ----------
    path
        PEM file; the first certificate in it.
    revoked
        PEM file of a revocation list to look it up in.

    Raises
    ------
    UsageError
        A file cannot be read.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    made = _load(path)
    try:
        found = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(name.value) for name in found)
    except x509.ExtensionNotFound:
        names = ()
    listed = None
    if revoked is not None:
        crl = x509.load_pem_x509_crl(Path(revoked).read_bytes())
        listed = crl.get_revoked_certificate_by_serial_number(made.serial_number)
    return CertificateInfo(
        made.subject.rfc4514_string(),
        made.issuer.rfc4514_string(),
        names,
        made.fingerprint(SHA256()).hex(),
        made.serial_number,
        made.not_valid_before_utc,
        made.not_valid_after_utc,
        listed is not None,
    )


def write_revocations(
    path: Path, *, authority: Path, key: Path, revoked: Iterable[Path], now: datetime
) -> None:
    """Write an authority's revocation list (RFC 5280 5), signed by its key.

    Parameters
    ----------
    path
        Where to.
    authority, key
        Its certificate and key, PEM.
    revoked
        PEM files of the certificates that no longer count.
    now
        When it is made. It counts for `LIST_LASTS`; then a server that asks for one refuses.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    moment = now.astimezone(timezone.utc).replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_load(authority).subject)
        .last_update(moment)
        .next_update(moment + LIST_LASTS)
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(_load(each).serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(moment).build())
    signer = load_pem_private_key(key.read_bytes(), None)
    made = builder.sign(signer, SHA256())  # type: ignore[arg-type]
    aside = path.with_suffix(".new")
    aside.write_bytes(made.public_bytes(Encoding.PEM))
    aside.replace(path)


def _load(path: str | Path) -> Certificate:
    from cryptography import x509

    try:
        text = Path(path).read_text("ascii")
        der = ssl.PEM_cert_to_DER_cert(text[: text.index(ssl.PEM_FOOTER)] + ssl.PEM_FOOTER)
        return x509.load_der_x509_certificate(der)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{Path(path).name} is no certificate that can be read",
            remedy="Give a PEM file, as BEGIN CERTIFICATE begins it.",
        ) from error
