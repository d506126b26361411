"""An identity provider that is trusted, a false one, and the door of a registry."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from labkit.exchange.xua import AssertionProvider, Coded, TrustedIssuer, User, XuaDoor
from labkit.exchange.xua.names import ACT_REASON

NOW = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""
IDP = "https://idp.lakeside.example"
REGISTRY = "urn:oid:2.25.2026101.1"
HOME = "urn:oid:2.25.2026102.1"
CHEN = User(
    "chen",
    name="Dr. Li Chen",
    organization="Lakeside Clinic",
    organization_id="urn:oid:2.25.2026102",
    home=HOME,
    role=Coded("112247003", "2.16.840.1.113883.6.96", "Medical doctor"),
    purpose=Coded("TREAT", ACT_REASON, "treatment"),
    patient="LK-20871^^^&2.25.2026102.2&ISO",
    alias="lchen",
)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def certificate(key: Key, name: str, days: int = 3650) -> x509.Certificate:
    """A certificate that a key has signed for itself, valid from 2025 on."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2025, 1, 1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(17)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


@dataclass(frozen=True)
class Signer:
    key: Key
    certificate: x509.Certificate


@pytest.fixture(scope="session")
def trusted() -> Signer:
    key = rsa.generate_private_key(65537, 2048)
    return Signer(key, certificate(key, "idp.lakeside.example"))


@pytest.fixture(scope="session")
def false_signer() -> Signer:
    """Somebody else's key, in a certificate of the same name."""
    key = rsa.generate_private_key(65537, 2048)
    return Signer(key, certificate(key, "idp.lakeside.example"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(trusted: Signer, clock: Clock) -> AssertionProvider:
    return AssertionProvider(IDP, trusted.key, trusted.certificate, clock=clock)


@pytest.fixture
def door_of(trusted: Signer, clock: Clock) -> Callable[..., XuaDoor]:
    """Makes the registry's door, with other arguments where they are given."""

    def make(audience: str = REGISTRY, **more: object) -> XuaDoor:
        issuer = TrustedIssuer(
            (trusted.certificate,), actors=frozenset({"Organization/lakeside"}), home=HOME
        )
        return XuaDoor(audience, {IDP: issuer}, **{"clock": clock, **more})  # type: ignore[arg-type]

    return make


@pytest.fixture
def door(door_of: Callable[..., XuaDoor]) -> XuaDoor:
    return door_of()
