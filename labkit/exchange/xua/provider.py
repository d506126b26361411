"""The X-Assertion Provider in small, and the X-Service User's side: an assertion made and sent."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import Certificate
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, XMLSigner
from signxml.algorithms import SignatureConstructionMethod

from labkit.common.errors import AccessDenied, UsageError
from labkit.exchange.soap import xml
from labkit.exchange.soap.message import Message
from labkit.exchange.soap.names import ENV, SECURITY, WSSE, env
from labkit.exchange.xua import names
from labkit.exchange.xua.names import ds, hl7, saml
from labkit.exchange.xua.statement import User, current_statement

LIFETIME = 300
"""Seconds that an assertion is good for by default: long enough for one task, short if stolen."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class AssertionProvider:
    """Makes signed assertions of users that it has authenticated.

    Parameters
    ----------
    issuer
        Its entity id, a URI.
    key, certificate
        With which it signs: RSA or an elliptic curve.
    clock
        Seconds since 1970.
    ids
        Makes an ID; it begins with a letter or ``_`` (xs:ID).
    """

    def __init__(
        self,
        issuer: str,
        key: PrivateKey,
        certificate: Certificate,
        *,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = lambda: f"_{secrets.token_hex(16)}",
    ) -> None:
        if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise UsageError(
                f"an assertion cannot be signed with a {type(key).__name__}",
                remedy="Give an RSA or an EC private key.",
            )
        self.issuer = issuer
        self._key, self._certificate = key, certificate
        self._clock, self._ids = clock, ids

    def assertion(
        self,
        user: User,
        audience: str,
        *,
        lifetime: float = LIFETIME,
        once: bool = False,
    ) -> xml.Element:
        """Make a signed assertion.

        Parameters
        ----------
        user
            Of whom.
        audience
            The X-Service Provider that it is for, a URI; it is good nowhere else.
        lifetime
            Seconds from now that it is good for.
        once
            Whether it may be used once only.
        """
        return self.sign(self._unsigned(user, audience, lifetime, once))

    def headers_for(
        self,
        user: User | Callable[[], User],
        audience: str | Callable[[Message], str],
        *,
        once: bool = False,
    ) -> Callable[[Message], Sequence[xml.Element]]:
        """Return the hook of `SoapClient` that gives each message a new assertion.

        Parameters
        ----------
        user
            Of whom; or what says it at each message (`on_behalf`).
        audience
            Which service the assertion is for; or what says it, by the message's ``to``.
        once
            Whether each assertion may be used once only.
        """

        def secure(message: Message) -> Sequence[xml.Element]:
            who = user if isinstance(user, User) else user()
            where = audience if isinstance(audience, str) else audience(message)
            return [security_header(self.assertion(who, where, once=once))]

        return secure

    def on_behalf(self, otherwise: User | None = None) -> Callable[[], User]:
        """Return what says on whose behalf a message goes: of a gateway, its caller's.

        Who calls is known to `labkit.access.grant` while a service works on a request that came
        through a `XuaDoor`. The user is passed on with the issuer's name, and this provider vouches
        for that.

        Parameters
        ----------
        otherwise
            Who it is where no request is being worked on; ``None``: nothing is sent.
        """

        def who() -> User:
            statement = current_statement()
            if statement is not None:
                return statement.user_for(self.issuer)
            if otherwise is None:
                raise AccessDenied(
                    "no message is sent on nobody's behalf",
                    remedy="Say who sends where no user's request is worked on (otherwise=…).",
                )
            return otherwise

        return who

    def sign(self, assertion: xml.Element) -> xml.Element:
        """Sign an assertion that has none yet, as SAML Core 5.4 wants it: enveloped, by its ID."""
        method = (
            SignatureMethod.RSA_SHA256
            if isinstance(self._key, rsa.RSAPrivateKey)
            else SignatureMethod.ECDSA_SHA256
        )
        # signxml puts the signature in this one's place: right after Issuer, as the schema wants.
        place = xml.make(ds("Signature"), {"ds": names.DS}, Id="placeholder")
        assertion.insert(1, place)
        signer = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=method,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        return signer.sign(
            assertion,
            key=self._key,
            cert=[self._certificate],
            reference_uri=f"#{assertion.get('ID')}",
            id_attribute="ID",
        )

    def _unsigned(self, user: User, audience: str, lifetime: float, once: bool) -> xml.Element:
        now = self._clock()
        spaces: dict[str | None, str] = {"saml": names.SAML, "xsi": names.XSI, "hl7": names.HL7}
        root = xml.make(
            saml("Assertion"), spaces, ID=self._ids(), Version="2.0", IssueInstant=_instant(now)
        )
        xml.add(root, saml("Issuer"), self.issuer)
        subject = xml.add(root, saml("Subject"))
        extra = {"SPProvidedID": user.alias} if user.alias else {}
        xml.add(subject, saml("NameID"), user.id, Format=names.UNSPECIFIED, **extra)
        xml.add(subject, saml("SubjectConfirmation"), Method=names.BEARER)
        conditions = xml.add(
            root,
            saml("Conditions"),
            NotBefore=_instant(now),
            NotOnOrAfter=_instant(now + lifetime),
        )
        restriction = xml.add(conditions, saml("AudienceRestriction"))
        xml.add(restriction, saml("Audience"), audience)
        if once:
            xml.add(conditions, saml("OneTimeUse"))
        authn = xml.add(root, saml("AuthnStatement"), AuthnInstant=_instant(now))
        context = xml.add(authn, saml("AuthnContext"))
        xml.add(context, saml("AuthnContextClassRef"), names.AUTHENTICATED)
        _attributes(root, user)
        return root


def security_header(assertion: xml.Element, *, must_understand: bool = False) -> xml.Element:
    """Put an assertion into the header block that carries it (WS-Security, SAML Token Profile)."""
    header = xml.make(SECURITY, {"wsse": WSSE})
    if must_understand:
        header = xml.make(SECURITY, {"wsse": WSSE, "env": ENV})
        header.set(env("mustUnderstand"), "true")
    header.append(assertion)
    return header


def _attributes(root: xml.Element, user: User) -> None:
    plain = {
        names.SUBJECT_ID: user.name,
        names.ORGANIZATION: user.organization,
        names.ORGANIZATION_ID: user.organization_id,
        names.HOME_COMMUNITY_ID: user.home,
        names.RESOURCE_ID: user.patient,
    }
    coded = {names.ROLE: ("Role", user.role), names.PURPOSE_OF_USE: ("PurposeOfUse", user.purpose)}
    if not any(plain.values()) and not user.role and not user.purpose:
        return
    statement = xml.add(root, saml("AttributeStatement"))
    for name, text in plain.items():
        if text:
            xml.add(_attribute(statement, name), saml("AttributeValue"), text)
    for name, (element, code) in coded.items():
        if code is not None:
            value = xml.add(_attribute(statement, name), saml("AttributeValue"))
            said = xml.add(
                value,
                hl7(element),
                code=code.code,
                codeSystem=code.system,
                displayName=code.display,
            )
            said.set(f"{{{names.XSI}}}type", "hl7:CE")


def _attribute(statement: xml.Element, name: str) -> xml.Element:
    return xml.add(statement, saml("Attribute"), Name=name, NameFormat=names.URI_NAME)


def _instant(seconds: float) -> str:
    """Write a time as SAML has it: UTC, xs:dateTime (SAML Core 1.3.3)."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
