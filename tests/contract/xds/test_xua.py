"""SAML signatures beside the JDK's own XML Signature: neither side's mistakes are the other's."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from labkit.exchange.soap import xml
from labkit.exchange.xua import (
    AssertionProvider,
    AssertionRefused,
    TrustedIssuer,
    XuaDoor,
    security_header,
)
from labkit.exchange.xua.names import ds, saml
from tests.contract.xds.peer_process import Ipf
from tests.exchange.xua.conftest import CHEN, IDP, REGISTRY, Clock, Signer, certificate

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def signer() -> Signer:
    key = rsa.generate_private_key(65537, 2048)
    return Signer(key, certificate(key, "idp.lakeside.example"))


@pytest.fixture
def provider(signer: Signer) -> AssertionProvider:
    return AssertionProvider(IDP, signer.key, signer.certificate, clock=Clock())


@pytest.fixture
def door(signer: Signer) -> XuaDoor:
    return XuaDoor(REGISTRY, {IDP: TrustedIssuer((signer.certificate,))}, clock=Clock())


def test_the_jdk_accepts_what_we_sign(ipf: Ipf, provider: AssertionProvider) -> None:
    header = security_header(provider.assertion(CHEN, REGISTRY))
    found = ipf.ask("verify", xml=xml.to_bytes(header).decode())
    assert found["valid"] is True
    assert found["references"] == [f"#{found['id']}"]
    assert found["method"].endswith("#rsa-sha256")


def test_the_jdk_refuses_what_was_changed(ipf: Ipf, provider: AssertionProvider) -> None:
    """Or the test before would prove nothing."""
    assertion = provider.assertion(CHEN, REGISTRY)
    next(assertion.iter(saml("NameID"))).text = "administrator"
    assert ipf.ask("verify", xml=xml.to_bytes(assertion).decode())["valid"] is False


def test_we_accept_what_the_jdk_signs_and_nothing_that_was_changed_then(
    ipf: Ipf, provider: AssertionProvider, door: XuaDoor, signer: Signer
) -> None:
    bare = provider.assertion(CHEN, REGISTRY)
    bare.remove(bare.find(ds("Signature")))
    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signed = ipf.ask(
        "sign",
        xml=xml.to_bytes(bare).decode(),
        id=bare.get("ID"),
        key=base64.b64encode(key).decode(),
    )
    assertion = xml.parse(signed["xml"].encode())
    assert door.check(assertion).user == "chen"
    next(assertion.iter(saml("NameID"))).text = "administrator"
    with pytest.raises(AssertionRefused):
        door.check(assertion)
