"""SAML signatures beside the JDK's own XML Signature: neither side's mistakes are the other's."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from labkit.access.grant import current_grant
from labkit.common.access import AccessRequest, Decision
from labkit.exchange.soap import xml
from labkit.exchange.xds import Registry, registry_app
from labkit.exchange.xua import (
    AssertionProvider,
    AssertionRefused,
    TrustedIssuer,
    XuaDoor,
    security_header,
)
from labkit.exchange.xua.names import ds, saml
from tests.contract.xds.exchange import MARIGOLD, SUCCESS, serve_app
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


def test_ipf_sends_the_user_along(
    ipf: Ipf, provider: AssertionProvider, door: XuaDoor, tmp_path: Path
) -> None:
    """CXF writes the header anew; the signature holds, and the registry's policy sees the user."""
    policy = Users()
    with ExitStack() as stack:
        registry = stack.enter_context(Registry(tmp_path))
        app = registry_app(registry, policy, secure=door.admit)
        at = serve_app(stack, app)
        asked = {"url": at, "query": "FindDocuments", "patientId": MARIGOLD.cx,
                 "status": ["Approved"]}  # fmt: skip
        header = security_header(provider.assertion(CHEN, REGISTRY), must_understand=True)
        answer = ipf.ask("ITI-18", security=xml.to_bytes(header).decode(), **asked)
        assert answer.get("status") == SUCCESS and answer["problem"] is None, answer
        assert set(policy.seen) == {"chen"}
        refused = ipf.ask("ITI-18", **asked)
        assert "does not have one wsse:Security header" in refused["fault"]
        assert refused["subcode"].endswith("}InvalidSecurity")
    assert set(policy.seen) == {"chen"}


class Users:
    """Lets everybody in who is somebody."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def decide(self, request: AccessRequest) -> Decision:
        grant = current_grant()
        self.seen.append(grant.subject if grant else "nobody")
        return Decision(grant is not None, "nobody is behind it")
