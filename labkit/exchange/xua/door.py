"""The X-Service Provider: which issuers are trusted, and what their users may pass as."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cryptography.x509 import Certificate

from labkit.access.grant import Grant
from labkit.exchange.soap import xml
from labkit.exchange.soap.fault import SoapFault
from labkit.exchange.soap.message import Message
from labkit.exchange.soap.names import SECURITY, WSSE
from labkit.exchange.xua import names
from labkit.exchange.xua.names import saml
from labkit.exchange.xua.statement import Statement, UserGrant
from labkit.exchange.xua.verifier import (
    LEEWAY,
    LONGEST,
    AssertionRefused,
    issuer_of,
    refusal,
    verify_assertion,
)


@dataclass(frozen=True)
class TrustedIssuer:
    """An X-Assertion Provider whose word counts, and how far.

    Attributes
    ----------
    certificates
        Its certificates; two while it changes its key.
    actors
        References by which a FHIR Consent may name its users: ``Organization/lakeside``.
    home
        The one homeCommunityId that its users may say; ``""``: any, or none.
    client_id
        The application of its users' grants; its entity id by default.
    scope
        SMART scopes that its users have, for policies that read scopes.
    """

    certificates: tuple[Certificate, ...]
    actors: frozenset[str] = frozenset()
    home: str = ""
    client_id: str = ""
    scope: str = ""


class XuaDoor:
    """Lets messages pass that come on behalf of a user whom a trusted issuer asserts.

    `admit` is the ``secure`` of `soap_app`. A message without an assertion is refused.

    Parameters
    ----------
    audience
        Who we are, a URI: what assertions have to be for.
    issuers
        Who is trusted, by entity id.
    purposes
        Purposes of use that are understood, by code system and code, as the code of v3-ActReason
        that policies know. Codes of v3-ActReason itself stand for themselves.
    once
        Whether each assertion is good once, also where it does not ask for that.
    clock
        Seconds since 1970.
    leeway, longest
        As of `verify_assertion`, in seconds.
    """

    def __init__(
        self,
        audience: str,
        issuers: Mapping[str, TrustedIssuer],
        *,
        purposes: Mapping[tuple[str, str], str] | None = None,
        once: bool = False,
        clock: Callable[[], float] = time.time,
        leeway: float = LEEWAY,
        longest: float = LONGEST,
    ) -> None:
        self.audience = audience
        self._issuers = dict(issuers)
        self._purposes = dict(purposes or {})
        self._once, self._clock = once, clock
        self._leeway, self._longest = leeway, longest
        self._opened = clock()
        self._used: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def admit(self, message: Message) -> Message:
        """Find out on whose behalf a message is.

        Returns
        -------
        Message
            The same, with the user as ``actor`` and the `Statement` as ``claims``.

        Raises
        ------
        SoapFault
            It has no assertion or more than one (``wsse:InvalidSecurity``), or one that is not
            accepted (``wsse:FailedAuthentication``; WS-Security 1.1, 12).
        """
        try:
            statement = self.check(_assertion_in(message))
        except AssertionRefused as error:
            subcode = f"{{{WSSE}}}FailedAuthentication"
            raise SoapFault(error.message, subcode=subcode, remedy=error.remedy) from error
        return replace(message, actor=statement.user_name, claims=statement)

    def check(self, assertion: xml.Element) -> Statement:
        """Verify one assertion, and use it up where it is good once only.

        Raises
        ------
        AssertionRefused
            It is not accepted.
        """
        trusted = self._issuers.get(issuer_of(assertion))
        if trusted is None:
            raise refusal("its issuer is not trusted here", "Have the issuer be registered here.")
        now = self._clock()
        statement = verify_assertion(
            assertion,
            trusted.certificates,
            audience=self.audience,
            now=now,
            leeway=self._leeway,
            longest=self._longest,
        )
        if self._issuers.get(statement.issuer) is not trusted:
            raise refusal("it was signed by another issuer than it names")
        if trusted.home and statement.home != trusted.home:
            raise refusal("its issuer may not speak for that community")
        grant = self._grant(statement, trusted)
        if statement.once or self._once:
            self._use(statement, now)
        return replace(statement, grant=grant)

    def _grant(self, statement: Statement, trusted: TrustedIssuer) -> Grant:
        purposes = {self._purpose(code.system, code.code) for code in statement.purposes}
        if len(purposes) > 1:
            raise refusal("it has more than one purpose of use")
        return UserGrant(
            client_id=trusted.client_id or statement.issuer,
            subject=statement.user,
            scope=trusted.scope,
            actors=trusted.actors,
            # Not the default of a Grant: who does not say why has not said "treatment".
            purpose=purposes.pop() if purposes else "",
            token_id=statement.id,
            statement=statement,
        )

    def _purpose(self, system: str, code: str) -> str:
        found = self._purposes.get((system, code), code if system == names.ACT_REASON else "")
        if not found:
            raise refusal(
                "its purpose of use is of a code system that is not known here",
                "Use a code of v3-ActReason, or have the code be mapped at the service.",
            )
        return found

    def _use(self, statement: Statement, now: float) -> None:
        # Which ones were used is known since the door opened; of older ones nobody can tell.
        if statement.issued < self._opened - self._leeway:
            raise refusal("it is good once, and older than this service's memory")
        key = (statement.issuer, statement.id)
        with self._lock:
            self._used = {k: end for k, end in self._used.items() if now - self._leeway < end}
            if key in self._used:
                raise refusal("it is good once, and was used")
            self._used[key] = statement.not_on_or_after


def _assertion_in(message: Message) -> xml.Element:
    headers = [h for h in message.headers if h.tag == SECURITY]
    found = xml.children(headers[0], saml("Assertion")) if len(headers) == 1 else []
    # One, and in its place: no choice is left of which one is checked and which one is read.
    if len(found) != 1 or len(list(headers[0].iter(saml("Assertion")))) != 1:
        raise SoapFault(
            "the message does not have one wsse:Security header with one SAML assertion in it",
            subcode=f"{{{WSSE}}}InvalidSecurity",
            remedy="Send an assertion of the user with the message (XUA, ITI-40).",
        )
    return found[0]
