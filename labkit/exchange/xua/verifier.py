"""Is this assertion what a trusted issuer signed, for us, and still good? It fails closed.

Signature wrapping works on receivers that check one element and read another. Here the assertion
is taken out of its message, its shape is checked before its signature, and what is read is what
the signature's digest was made of, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import Certificate
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
from signxml.exceptions import SignXMLException

from labkit.common.errors import AccessDenied, DataError
from labkit.exchange.soap import xml
from labkit.exchange.xua import names
from labkit.exchange.xua.names import ds, saml
from labkit.exchange.xua.statement import Coded, Statement

LEEWAY = 30
"""Seconds by which two clocks may differ."""
LONGEST = 3600
"""Seconds of validity that are believed at most."""
METHODS = frozenset(
    {SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
     SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512}
)  # fmt: skip
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_TRANSFORMS = [names.ENVELOPED, names.EXC_C14N]
_CONDITIONS = {saml("AudienceRestriction"), saml("OneTimeUse"), saml("ProxyRestriction")}
_NEW = "Get a new assertion, for this service."
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


class AssertionRefused(AccessDenied):
    """An assertion is not accepted. The reason tells nothing of what it says."""


def refusal(
    reason: str, remedy: str = "Get a new assertion, for this service."
) -> AssertionRefused:
    """Make the error that refuses an assertion."""
    return AssertionRefused(f"the SAML assertion is not accepted: {reason}", remedy=remedy)


def issuer_of(assertion: xml.Element) -> str:
    """Return who claims to have issued it: to find the certificates to check it with, no more."""
    issuers = xml.children(assertion, saml("Issuer"))
    return xml.text_of(issuers[0]) if len(issuers) == 1 else ""


def verify_assertion(
    assertion: xml.Element,
    certificates: Sequence[Certificate],
    *,
    audience: str,
    now: float,
    leeway: float = LEEWAY,
    longest: float = LONGEST,
) -> Statement:
    """Check an assertion and return what it says.

    Parameters
    ----------
    assertion
        ``saml:Assertion``, wherever it stands.
    certificates
        The issuer's, one of which has to have signed it. What KeyInfo brings is ignored.
    audience
        Who we are, a URI.
    now
        Seconds since 1970.
    leeway, longest
        Seconds by which clocks may differ, and of validity at most.

    Raises
    ------
    AssertionRefused
        It is not accepted.
    """
    # Alone, so that nothing outside of it can be what its signature refers to.
    alone = _alone(assertion)
    _check_shape(alone)
    signed = _signed(alone, certificates, now)
    statement = _read(signed)
    _check_conditions(signed, statement, audience, now, leeway, longest)
    return statement


def _alone(assertion: xml.Element) -> xml.Element:
    if assertion.tag != saml("Assertion"):
        raise refusal("it is no saml:Assertion")
    strange = [e for e in assertion.iter() if not isinstance(e.tag, str)]
    if strange:
        # Canonicalisation drops comments, so a signature does not cover where they cut a name.
        raise refusal("it has comments, processing instructions or entities in it")
    try:
        return xml.parse(etree.tostring(assertion, with_tail=False))
    except DataError as error:
        raise refusal("it cannot be read") from error


def _check_shape(root: xml.Element) -> None:
    """Check what the signature covers and how, before any of its mathematics."""
    if root.get("Version") != "2.0":
        raise refusal("it is not of SAML 2.0")
    inner = [e for e in root.iter(saml("Assertion"), saml("EncryptedAssertion")) if e is not root]
    if inner:
        raise refusal("it has another assertion in it")
    signatures = list(root.iter(ds("Signature")))
    if not signatures:
        raise refusal("it is not signed")
    if len(signatures) > 1 or signatures[0].getparent() is not root:
        raise refusal("its signature is not the one child that it may be (SAML Core 5.4)")
    identifier = root.get("ID") or ""
    values = [
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]
    if not identifier or values.count(identifier) != 1:
        raise refusal("its ID is missing, or two elements have it")
    _check_signed_info(signatures[0], identifier)


def _check_signed_info(signature: xml.Element, identifier: str) -> None:
    if xml.children(signature, ds("Object")):
        raise refusal("its signature carries an Object")
    infos = xml.children(signature, ds("SignedInfo"))
    references = list(signature.iter(ds("Reference")))
    if len(infos) != 1 or len(references) != 1 or references[0].getparent() is not infos[0]:
        raise refusal("its signature does not have exactly one Reference")
    if references[0].get("URI") != f"#{identifier}":
        raise refusal("its signature is over something else than the assertion")
    used = [t.get("Algorithm") for t in references[0].iter(ds("Transform"))]
    # SAML Core 5.4.4: these two and no others; XPath and XSLT choose what is signed.
    if used != _TRANSFORMS:
        raise refusal("the transforms of its signature are not those of SAML (Core 5.4.4)")
    method = infos[0].find(ds("CanonicalizationMethod"))
    if method is None or method.get("Algorithm") != names.EXC_C14N:
        raise refusal("it is not canonicalised exclusively, without comments (SAML Core 5.4.3)")


def _signed(root: xml.Element, certificates: Sequence[Certificate], now: float) -> xml.Element:
    """Return the element that a trusted certificate's key has signed, as it was signed."""
    config = SignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=datetime.fromtimestamp(now, timezone.utc),
    )
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                root, x509_cert=certificate, id_attribute="ID", expect_config=config
            )
        except (SignXMLException, etree.LxmlError, UnsupportedAlgorithm, ValueError, TypeError):
            continue
        signed = result.signed_xml
        if signed is not None and signed.tag == root.tag and signed.get("ID") == root.get("ID"):
            return signed
    raise refusal(
        "no certificate that is trusted for its issuer has signed it with an algorithm that counts",
        "Have the issuer sign it with RSA or ECDSA and SHA-2, and its certificate be trusted here.",
    )


def _one(parent: xml.Element, name: str) -> xml.Element:
    found = xml.children(parent, saml(name))
    if len(found) != 1:
        raise refusal(f"it has {len(found)} of {name}, and not one")
    return found[0]


def _time(element: xml.Element, name: str) -> float:
    text = element.get(name) or ""
    if not _INSTANT.fullmatch(text):
        raise refusal(f"{name} is missing, or no time in UTC (SAML Core 1.3.3)")
    try:
        whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise refusal(f"{name} is no time") from error
    return whole.timestamp() + float(f"0{text[19:-1]}" if "." in text else 0)


def _check_conditions(
    root: xml.Element,
    statement: Statement,
    audience: str,
    now: float,
    leeway: float,
    longest: float,
) -> None:
    conditions = _one(root, "Conditions")
    begins, ends = _time(conditions, "NotBefore"), statement.not_on_or_after
    if now + leeway < begins or now + leeway < statement.issued:
        raise refusal("it is not valid yet", "Look at both clocks (Consistent Time).")
    if now - leeway >= ends:
        raise refusal("it has expired")
    if ends - begins > longest:
        raise refusal(f"it is valid for more than {longest:.0f} s")
    unknown = [c for c in xml.children(conditions) if c.tag not in _CONDITIONS]
    if unknown:
        raise refusal("it has a condition that is not understood here (SAML Core 2.5.1.1)")
    restrictions = xml.children(conditions, saml("AudienceRestriction"))
    # Each restriction has to be met; any of its audiences meets it (SAML Core 2.5.1.4).
    met = [
        any(xml.text_of(a) == audience for a in xml.children(r, saml("Audience")))
        for r in restrictions
    ]
    if not audience or not met or not all(met):
        raise refusal("it is for another service")
    if not xml.children(root, saml("AuthnStatement")):
        raise refusal("it does not say that the user was authenticated (AuthnStatement)")
    _check_subject(_one(root, "Subject"), now, leeway, audience)


def _check_subject(subject: xml.Element, now: float, leeway: float, audience: str) -> None:
    confirmations = xml.children(subject, saml("SubjectConfirmation"))
    if [c.get("Method") for c in confirmations] != [names.BEARER]:
        raise refusal("its subject is not confirmed as bearer, the one method that is known here")
    for data in xml.children(confirmations[0], saml("SubjectConfirmationData")):
        if data.get("NotOnOrAfter") and now - leeway >= _time(data, "NotOnOrAfter"):
            raise refusal("the confirmation of its subject has expired")
        if data.get("NotBefore") and now + leeway < _time(data, "NotBefore"):
            raise refusal("the confirmation of its subject is not valid yet")
        if data.get("Recipient") not in (None, audience):
            raise refusal("the confirmation of its subject is for another recipient")


def _read(root: xml.Element) -> Statement:
    """Read what was signed; the texts are whole, since canonicalisation took comments out."""
    subject, conditions = _one(root, "Subject"), _one(root, "Conditions")
    name = _one(subject, "NameID")
    plain, coded = _attributes(root)
    user, issuer = xml.text_of(name), xml.text_of(_one(root, "Issuer"))
    if not user or not issuer or xml.children(name):
        raise refusal("it names no user, or no issuer")
    return Statement(
        id=str(root.get("ID")),
        issuer=issuer,
        user=user,
        issued=_time(root, "IssueInstant"),
        not_on_or_after=_time(conditions, "NotOnOrAfter"),
        once=bool(xml.children(conditions, saml("OneTimeUse"))),
        name=plain.get(names.SUBJECT_ID, ""),
        organization=plain.get(names.ORGANIZATION, ""),
        organization_id=plain.get(names.ORGANIZATION_ID, ""),
        home=plain.get(names.HOME_COMMUNITY_ID, ""),
        roles=coded.get(names.ROLE, ()),
        purposes=coded.get(names.PURPOSE_OF_USE, ()),
        patient=plain.get(names.RESOURCE_ID, ""),
        alias=str(name.get("SPProvidedID") or ""),
    )


def _attributes(root: xml.Element) -> tuple[dict[str, str], dict[str, tuple[Coded, ...]]]:
    plain: dict[str, str] = {}
    coded: dict[str, tuple[Coded, ...]] = {}
    for statement in xml.children(root, saml("AttributeStatement")):
        for attribute in xml.children(statement, saml("Attribute")):
            name = str(attribute.get("Name") or "")
            values = xml.children(attribute, saml("AttributeValue"))
            codes = tuple(
                Coded(str(c.get("code")), str(c.get("codeSystem")), str(c.get("displayName") or ""))
                for value in values
                for c in xml.children(value)
                if c.get("code") and c.get("codeSystem")
            )
            if codes:
                coded[name] = coded.get(name, ()) + codes
            elif name in plain or len(values) > 1:
                raise refusal("it says an attribute twice")
            else:
                plain[name] = xml.text_of(values[0]) if values else ""
    return plain, coded
