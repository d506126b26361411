"""Originals kept inside the object, encrypted for one key (PS3.15 E.1.1, E.1.2).

CMS enveloped-data: RSA carries the content-encryption key, AES the content (RFC 5652, RFC 3565).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from io import BytesIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import UsageError
from labkit.deid.work import put

_ENCRYPTED = 0x04000500
_MODIFIED = 0x04000550
_NO_END = datetime(9999, 12, 31, tzinfo=timezone.utc)
_BEGIN = datetime(2000, 1, 1, tzinfo=timezone.utc)


def new_recovery() -> str:
    """Make an RSA key of 3072 bits with a certificate of its own, as PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "labkit deid")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_NO_END)
        .sign(private, hashes.SHA256())
    )
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    ).decode("ascii")


@dataclass(frozen=True)
class Recovery:
    """Encrypts originals, and opens them."""

    private: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def of(cls, pem: str) -> Recovery:
        """Read PEM.

        Raises
        ------
        UsageError
            It holds no RSA key with its certificate.
        """
        data = pem.encode("ascii", "replace")
        try:
            private = serialization.load_pem_private_key(data, None)
            certificate = x509.load_pem_x509_certificate(data)
        except ValueError as error:
            raise UsageError("The key file is damaged.", remedy="Take its backup.") from error
        if not isinstance(private, rsa.RSAPrivateKey):
            raise UsageError("The key file holds no RSA key.", remedy="Take its backup.")
        return cls(private, certificate)

    def attach(self, ds: Dataset, originals: Dataset, changed: set[int]) -> None:
        """Put the original attributes that were changed into Encrypted Attributes Sequence."""
        item = Dataset()
        for tag in sorted(changed):
            if tag in originals:
                item[tag] = originals[tag]
        if "SpecificCharacterSet" in originals:
            item.SpecificCharacterSet = originals.SpecificCharacterSet
        whole = Dataset()
        put(whole, _MODIFIED, "SQ", [item])
        buffer = DicomBytesIO()
        buffer.is_little_endian, buffer.is_implicit_VR = True, False
        write_dataset(buffer, whole)
        sealed = (
            pkcs7.PKCS7EnvelopeBuilder()
            .set_data(buffer.getvalue())
            .set_content_encryption_algorithm(AES256)
            .add_recipient(self.certificate)
            .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
        )
        envelope = Dataset()
        envelope.EncryptedContentTransferSyntaxUID = ExplicitVRLittleEndian
        put(envelope, 0x04000520, "OB", sealed + b"\0" * (len(sealed) % 2))
        put(ds, _ENCRYPTED, "SQ", [envelope])

    def restored(self, ds: Dataset) -> Dataset:
        """Put the originals back into `ds`, in place (PS3.15 E.1.2).

        What was done to pixels stays done.

        Raises
        ------
        UsageError
            There are none, or they were encrypted for another key.
        """
        envelopes = ds.get("EncryptedAttributesSequence") or []
        if not envelopes:
            raise UsageError(
                "This object holds no encrypted originals.",
                remedy="They are kept where de-identification was reversible from the start.",
            )
        try:
            data = pkcs7.pkcs7_decrypt_der(
                _der(envelopes[0].EncryptedContent), self.certificate, self.private, []
            )
        except ValueError:
            raise UsageError(
                "The originals were encrypted for another key.",
                remedy="Take the key file that this object was de-identified with.",
            ) from None
        inner = read_dataset(BytesIO(data), is_implicit_VR=False, is_little_endian=True)
        for keyword in (
            "EncryptedAttributesSequence", "DeidentificationMethod",
            "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified",
        ):  # fmt: skip
            if keyword in ds:
                delattr(ds, keyword)
        for element in inner.ModifiedAttributesSequence[0]:
            ds[element.tag] = element
        put(ds, 0x00120062, "CS", "NO")
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        return ds


def _der(data: bytes) -> bytes:
    """Take the padding of an odd length off: DER says how long it is (X.690 8.1.3)."""
    first = data[1]
    if first < 0x80:
        return data[: 2 + first]
    count = first & 0x7F
    return data[: 2 + count + int.from_bytes(data[2 : 2 + count], "big")]
