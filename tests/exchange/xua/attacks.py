"""What attackers change in an assertion, each with what refuses it: after signing, and before."""

from __future__ import annotations

import copy
from collections.abc import Callable

from lxml import etree

from labkit.exchange.soap import xml
from labkit.exchange.xua.names import DS, EXC_C14N, ds, saml
from tests.exchange.xua.conftest import CHEN

Element = xml.Element
Attack = Callable[[Element], Element]


def name_id(assertion: Element) -> Element:
    return assertion.find(f"{saml('Subject')}/{saml('NameID')}")


def signature(assertion: Element) -> Element:
    return assertion.find(ds("Signature"))


def saying(tag: str, attribute: str, value: str, name: str) -> Attack:
    """Another value of one attribute of the signature."""

    def change(a: Element) -> Element:
        next(a.iter(ds(tag))).set(attribute, value)
        return a

    change.__name__ = name
    return change


MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ALGORITHM = ("SignatureMethod", "Algorithm")


def unsigned(a: Element) -> Element:
    a.remove(signature(a))
    return a


def another_user(a: Element) -> Element:
    name_id(a).text = "administrator"
    return a


def another_purpose(a: Element) -> Element:
    next(a.iter("{urn:hl7-org:v3}PurposeOfUse")).set("code", "BTG")
    return a


def longer_life(a: Element) -> Element:
    a.find(saml("Conditions")).set("NotOnOrAfter", "2026-01-01T00:59:00.000Z")
    return a


def evil(a: Element, identifier: str = "_evil") -> Element:
    """A copy that says somebody else, without a signature."""
    forged = copy.deepcopy(a)
    forged.remove(signature(forged))
    forged.set("ID", identifier)
    name_id(forged).text = "administrator"
    return forged


def wrapped_in_object(a: Element) -> Element:
    """XSW1/2 and 8: the signed assertion inside the Signature of a forged one."""
    forged, sig = evil(a), copy.deepcopy(signature(a))
    original = copy.deepcopy(a)
    original.remove(signature(original))
    xml.add(sig, ds("Object")).append(original)
    forged.insert(1, sig)
    return forged


def wrapped_as_child(a: Element) -> Element:
    """XSW3/4: a forged assertion around the signed one, whose signature still fits its ID."""
    forged = evil(a)
    forged.append(copy.deepcopy(a))
    return forged


def wrapped_in_advice(a: Element) -> Element:
    """XSW7: in a place where any content is allowed."""
    forged = evil(a)
    xml.add(forged, saml("Advice")).append(copy.deepcopy(a))
    return forged


def same_id_twice(a: Element) -> Element:
    """The ID that the signature names is also that of another element."""
    forged = evil(a, str(a.get("ID")))
    forged.insert(1, copy.deepcopy(signature(a)))
    inner = xml.add(forged, saml("Advice"))
    inner.set("Id", str(a.get("ID")))
    return forged


def signature_of_another(a: Element) -> Element:
    """A signature that is right, for another element than the one that is read."""
    forged = evil(a)
    forged.insert(1, copy.deepcopy(signature(a)))
    return forged


def signature_elsewhere(a: Element) -> Element:
    sig = signature(a)
    a.find(saml("Subject")).append(sig)
    return a


def two_signatures(a: Element) -> Element:
    a.insert(1, copy.deepcopy(signature(a)))
    return a


def two_references(a: Element) -> Element:
    reference = next(a.iter(ds("Reference")))
    reference.addnext(copy.deepcopy(reference))
    return a


def xpath_transform(a: Element) -> Element:
    """A transform that leaves the subject out of what is signed."""
    transforms = next(a.iter(ds("Transforms")))
    chosen = xml.add(
        transforms, ds("Transform"), Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"
    )
    xml.add(chosen, ds("XPath"), "not(ancestor-or-self::Subject)")
    return a


def empty_signature(a: Element) -> Element:
    next(a.iter(ds("SignatureValue"))).text = ""
    return a


def no_base64(a: Element) -> Element:
    next(a.iter(ds("SignatureValue"))).text = "\u00e9"
    return a


def comment_in_name(a: Element) -> Element:
    """The signature holds; who reads the first text only, reads another name."""
    name = name_id(a)
    text, name.text = name.text, None
    comment = etree.Comment("x")
    name.text, comment.tail = text[:2], text[2:]
    name.append(comment)
    return a


def unknown_condition(a: Element) -> Element:
    a.find(saml("Conditions")).append(xml.make("{urn:x}OnlyOnSundays"))
    return a


def another_version(a: Element) -> Element:
    a.set("Version", "1.1")
    return a


ATTACKS: list[tuple[Attack, str]] = [
    (unsigned, "not signed"),
    (another_user, "no certificate"),
    (another_purpose, "no certificate"),
    (longer_life, "no certificate"),
    (wrapped_in_object, "another assertion in it"),
    (wrapped_as_child, "another assertion in it"),
    (wrapped_in_advice, "another assertion in it"),
    (same_id_twice, "two elements have it"),
    (signature_of_another, "over something else"),
    (signature_elsewhere, "not the one child"),
    (two_signatures, "not the one child"),
    (saying("Reference", "URI", "", "whole_document"), "over something else"),
    (
        saying("Reference", "URI", "https://attacker.example/a.xml", "fetched"),
        "over something else",
    ),
    (two_references, "exactly one Reference"),
    (xpath_transform, "transforms"),
    (
        saying("CanonicalizationMethod", "Algorithm", f"{EXC_C14N}WithComments", "c14n"),
        "canonicalised",
    ),
    (saying(*ALGORITHM, f"{DS}hmac-sha1", "hmac_sha1"), "algorithm that counts"),
    (saying(*ALGORITHM, f"{MORE}hmac-sha256", "hmac"), "algorithm that counts"),
    (saying(*ALGORITHM, f"{DS}rsa-sha1", "sha1"), "algorithm that counts"),
    (saying("DigestMethod", "Algorithm", f"{MORE}md5", "md5_digest"), "algorithm that counts"),
    (saying(*ALGORITHM, "none", "none"), "algorithm that counts"),
    (empty_signature, "algorithm that counts"),
    (no_base64, "algorithm that counts"),
    (comment_in_name, "comments"),
    (unknown_condition, "no certificate"),
    (another_version, "not of SAML 2.0"),
]


def other_audience(a: Element) -> Element:
    next(a.iter(saml("Audience"))).text = "urn:oid:2.25.2026102.1"
    return a


def second_audience(a: Element) -> Element:
    """Two restrictions: both have to be met."""
    restriction = xml.add(a.find(saml("Conditions")), saml("AudienceRestriction"))
    xml.add(restriction, saml("Audience"), "urn:oid:2.25.2026102.1")
    return a


def no_audience(a: Element) -> Element:
    conditions = a.find(saml("Conditions"))
    conditions.remove(conditions.find(saml("AudienceRestriction")))
    return a


def no_conditions(a: Element) -> Element:
    a.remove(a.find(saml("Conditions")))
    return a


def local_time(a: Element) -> Element:
    a.find(saml("Conditions")).set("NotOnOrAfter", "2026-01-01T00:05:00+09:00")
    return a


def no_such_day(a: Element) -> Element:
    a.find(saml("Conditions")).set("NotOnOrAfter", "2026-02-30T00:05:00Z")
    return a


def holder_of_key(a: Element) -> Element:
    next(a.iter(saml("SubjectConfirmation"))).set(
        "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
    )
    return a


def confirmation(**attributes: str) -> Attack:
    def change(a: Element) -> Element:
        where = next(a.iter(saml("SubjectConfirmation")))
        xml.add(where, saml("SubjectConfirmationData"), **attributes)
        return a

    return change


def no_authentication(a: Element) -> Element:
    a.remove(a.find(saml("AuthnStatement")))
    return a


def no_name(a: Element) -> Element:
    name_id(a).text = " "
    return a


def two_purposes(a: Element) -> Element:
    said = next(a.iter("{urn:hl7-org:v3}PurposeOfUse"))
    other = copy.deepcopy(said)
    other.set("code", "BTG")
    said.addnext(other)
    return a


def patient_twice(a: Element) -> Element:
    value = next(v for v in a.iter(saml("AttributeValue")) if xml.text_of(v) == CHEN.patient)
    value.addnext(copy.deepcopy(value))
    return a


RESIGNED: list[tuple[Attack, str]] = [
    (other_audience, "for another service"),
    (second_audience, "for another service"),
    (no_audience, "for another service"),
    (no_conditions, "Conditions"),
    (unknown_condition, "not understood"),
    (local_time, "UTC"),
    (no_such_day, "no time"),
    (holder_of_key, "bearer"),
    (confirmation(NotOnOrAfter="2025-12-31T23:00:00Z"), "confirmation of its subject has expired"),
    (confirmation(NotBefore="2026-01-01T01:00:00Z"), "confirmation of its subject is not valid"),
    (confirmation(Recipient="https://elsewhere.example"), "another recipient"),
    (no_authentication, "AuthnStatement"),
    (no_name, "names no user"),
    (two_purposes, "more than one purpose"),
    (patient_twice, "an attribute twice"),
]
