"""Each attack on an assertion that is known by name, and what refuses it."""

from __future__ import annotations

import copy

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureMethod,
    XMLSigner,
)
from signxml.algorithms import SignatureConstructionMethod

from labkit.exchange.soap import Message, SoapFault, xml
from labkit.exchange.xua import AssertionProvider, AssertionRefused, XuaDoor, security_header
from labkit.exchange.xua.names import DS, ds, saml
from tests.exchange.xua.attacks import (
    ATTACKS,
    RESIGNED,
    Attack,
    Element,
    comment_in_name,
    evil,
    name_id,
    unsigned,
)
from tests.exchange.xua.conftest import CHEN, IDP, REGISTRY, Clock, Signer


@pytest.mark.parametrize(("attack", "why"), ATTACKS, ids=lambda a: getattr(a, "__name__", ""))
def test_what_was_changed_after_signing(
    provider: AssertionProvider, door: XuaDoor, attack: Attack, why: str
) -> None:
    assertion = provider.assertion(CHEN, REGISTRY)
    assert door.check(copy.deepcopy(assertion)).user == "chen"  # before the attack it is good
    with pytest.raises(AssertionRefused, match=why) as refused:
        door.check(attack(assertion))
    assert "administrator" not in str(refused.value) and "chen" not in str(refused.value)


def resigned(provider: AssertionProvider, change: Attack) -> Element:
    """What its issuer itself has signed wrongly."""
    return provider.sign(change(unsigned(provider.assertion(CHEN, REGISTRY))))


@pytest.mark.parametrize(("change", "why"), RESIGNED, ids=lambda a: getattr(a, "__name__", ""))
def test_what_even_its_issuer_cannot_say(
    provider: AssertionProvider, door: XuaDoor, change: Attack, why: str
) -> None:
    with pytest.raises(AssertionRefused, match=why):
        door.check(resigned(provider, change))


def test_somebody_else_s_key_in_a_certificate_of_the_same_name(
    false_signer: Signer, door: XuaDoor, clock: Clock
) -> None:
    """KeyInfo brings the false certificate along; what is in there is not what is trusted."""
    forger = AssertionProvider(IDP, false_signer.key, false_signer.certificate, clock=clock)
    with pytest.raises(AssertionRefused, match="no certificate that is trusted"):
        door.check(forger.assertion(CHEN, REGISTRY))


def test_an_issuer_that_nobody_knows(trusted: Signer, door: XuaDoor, clock: Clock) -> None:
    other = AssertionProvider("https://idp.other.example", trusted.key, trusted.certificate,
                              clock=clock)  # fmt: skip
    with pytest.raises(AssertionRefused, match="issuer is not trusted"):
        door.check(other.assertion(CHEN, REGISTRY))


def test_the_public_key_as_secret_of_an_hmac(
    provider: AssertionProvider, trusted: Signer, door: XuaDoor
) -> None:
    """Computed rightly: with the trusted certificate's bytes, which everybody has, as the key."""
    a = unsigned(provider.assertion(CHEN, REGISTRY))
    a.insert(1, xml.make(ds("Signature"), {"ds": DS}, Id="placeholder"))
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.HMAC_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    secret = trusted.certificate.public_bytes(Encoding.PEM)
    forged = signer.sign(a, key=secret, reference_uri=f"#{a.get('ID')}", id_attribute="ID")
    with pytest.raises(AssertionRefused, match="algorithm that counts"):
        door.check(forged)


def test_sha1_even_if_its_issuer_signs_with_it(
    provider: AssertionProvider, trusted: Signer, door: XuaDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = unsigned(provider.assertion(CHEN, REGISTRY))
    a.insert(1, xml.make(ds("Signature"), {"ds": DS}, Id="placeholder"))
    monkeypatch.setattr(XMLSigner, "check_deprecated_methods", lambda self: None)
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA1,
        digest_algorithm=DigestAlgorithm.SHA1,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    weak = signer.sign(
        a, key=trusted.key, cert=[trusted.certificate], reference_uri=f"#{a.get('ID')}",
        id_attribute="ID",
    )  # fmt: skip
    with pytest.raises(AssertionRefused, match="algorithm that counts"):
        door.check(weak)


def test_a_certificate_that_has_expired(
    provider: AssertionProvider, door: XuaDoor, clock: Clock
) -> None:
    clock.now += 20 * 365 * 86400
    with pytest.raises(AssertionRefused, match="no certificate"):
        door.check(provider.assertion(CHEN, REGISTRY))


def headers(*blocks: Element) -> Message:
    return Message("urn:ihe:iti:2007:RegistryStoredQuery", None, headers=blocks)


def test_a_message_has_one_assertion_in_one_place(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    good = security_header(provider.assertion(CHEN, REGISTRY))
    two, hidden = copy.deepcopy(good), xml.make(good.tag)
    two.append(evil(two[0]))
    xml.add(hidden, "{urn:x}Box").append(evil(good[0]))
    hidden.append(copy.deepcopy(good[0]))
    for message in (
        headers(),
        headers(good, copy.deepcopy(good)),
        headers(xml.make(good.tag)),
        headers(two),
        headers(hidden),
    ):
        with pytest.raises(SoapFault, match="one SAML assertion") as refused:
            door.admit(message)
        assert refused.value.subcode.endswith("InvalidSecurity")


def test_a_comment_that_soap_has_dropped_cuts_no_name(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    """The envelope is read without comments: what is left is the whole name that was signed."""
    cut = xml.to_bytes(security_header(comment_in_name(provider.assertion(CHEN, REGISTRY))))
    assert b"ch<!--x-->en" in cut
    assert door.admit(headers(xml.parse(cut))).actor == f"lchen<chen@{IDP}>"


def test_an_entity_is_no_name(provider: AssertionProvider, door: XuaDoor) -> None:
    assertion = provider.assertion(CHEN, REGISTRY)
    name_id(assertion).append(etree.Entity("xxe"))
    with pytest.raises(AssertionRefused, match="entities"):
        door.check(assertion)


def test_something_else_than_an_assertion(door: XuaDoor) -> None:
    other = xml.make("{urn:x}Assertion")
    xml.add(other, saml("Issuer"), IDP)
    with pytest.raises(AssertionRefused, match="no saml:Assertion"):
        door.check(other)
