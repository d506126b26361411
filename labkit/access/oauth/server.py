"""The authorization server of the lab: OAuth 2 and SMART App Launch, kept in a folder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from authlib.common.security import generate_token

from labkit.access.oauth.attempts import Attempts
from labkit.access.oauth.choice import Choice, Proposal
from labkit.access.oauth.core import Asked, Core, Reply
from labkit.access.oauth.keys import KeyRing
from labkit.access.oauth.metadata import oauth_metadata, smart_configuration
from labkit.access.oauth.parties import Client, User
from labkit.access.oauth.records import Records
from labkit.access.scopes import granted_scopes, parse_scopes
from labkit.common.errors import UsageError

SECONDS = {"code": 60, "user": 900, "system": 300, "ticket": 600}
"""How long codes, tokens of users, tokens of systems and a login page are good for."""


class AuthorizationServer:
    """OAuth 2 for FHIR and DICOMweb: codes with PKCE, backend services, refresh, revocation.

    Parameters
    ----------
    folder
        Holds ``keys.json`` and ``oauth.sqlite``, readable by their owner only.
    issuer
        URL that `auth_app` is reached at; ``iss`` of every token.
    clients, users
        Who is known. Users are made up: their passwords are compared as they are.
    services
        Which services there are: what an application may name in ``aud``, and the ``aud`` of its
        tokens then. A FHIR server and the DICOMweb services of the same data have one token
        (SMART imaging access). Of the first are the tokens of systems that name none.
    clock
        Seconds since 1970.
    algorithm
        Of signatures: ``RS384`` or ``ES384``.
    seconds
        Other values than those of `SECONDS`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        issuer: str,
        clients: Iterable[Client],
        users: Iterable[User] = (),
        services: Mapping[str, Sequence[str]],
        clock: Callable[[], float] = time.time,
        algorithm: str = "RS384",
        seconds: Mapping[str, int] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.issuer, self._clock = issuer.rstrip("/"), clock
        self._seconds = {**SECONDS, **(seconds or {})}
        self._clients = {client.client_id: client for client in clients}
        self._users = {user.id: user for user in users}
        self._attempts = Attempts(clock)
        self._services = {name: tuple(urls) for name, urls in services.items()}
        self._keys = KeyRing(folder / "keys.json", algorithm=algorithm, clock=clock)
        self._records = Records(folder / "oauth.sqlite", clock)
        self._records.forget()
        self.core = Core(
            self.issuer, self._clients, self._users, self._services, self._records, self._keys,
            clock, self._seconds,
        )  # fmt: skip

    def close(self) -> None:
        """Close the folder's files."""
        self._records.close()

    # -- who is known --

    @property
    def clients(self) -> Mapping[str, Client]:
        """The applications, by their id."""
        return dict(self._clients)

    @property
    def users(self) -> Mapping[str, User]:
        """Who can log in, by name."""
        return dict(self._users)

    def register(self, client: Client) -> None:
        """Register an application, until the server is closed; one of the same id is replaced."""
        self._clients[client.client_id] = client

    def identity(self, claims: Mapping[str, Any]) -> tuple[frozenset[str], str]:
        """Say by which references a Consent may name who holds a token, and for which purpose.

        It is what the client and the user are registered as: a token's holder cannot choose it.
        """
        client = self._clients.get(str(claims.get("client_id")))
        user = self._users.get(str(claims.get("sub")))
        if client is None:
            return frozenset(), ""
        actors = client.actors | (user.actors if user else frozenset())
        purpose = str(claims.get("purpose_of_use") or client.purpose)
        return actors | ({user.fhir_user} if user and user.fhir_user else set()), purpose

    # -- what resource servers ask --

    def jwks(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return self._keys.jwks()

    def revoked(self, jti: str) -> bool:
        """Whether an access token was taken back, or was never given out."""
        entry = self._records.token(jti, "access")
        return entry is None or entry.is_revoked()

    def rotate(self) -> str:
        """Sign with a new key; the old one stays published while its tokens live. Its ``kid``."""
        return str(self._keys.rotate(max(self._seconds["user"], self._seconds["system"]) + 60).kid)

    def smart_configuration(self) -> dict[str, Any]:
        """Return the document for ``[base]/.well-known/smart-configuration`` (SMART 2.2)."""
        return smart_configuration(self.issuer, self._scopes())

    def metadata(self) -> dict[str, Any]:
        """Return the server's metadata (RFC 8414)."""
        return oauth_metadata(self.issuer, self._scopes())

    def _scopes(self) -> list[str]:
        return sorted({word for client in self._clients.values() for word in client.scope.split()})

    # -- endpoints --

    def token(self, asked: Asked) -> Reply:
        """Answer the token endpoint."""
        return self._answered(asked, lambda: self.core.create_token_response(asked))

    def introspect(self, asked: Asked) -> Reply:
        """Answer the introspection endpoint (RFC 7662)."""
        return self._answered(
            asked, lambda: self.core.create_endpoint_response("introspection", asked)
        )

    def revoke(self, asked: Asked) -> Reply:
        """Answer the revocation endpoint (RFC 7009)."""
        return self._answered(
            asked, lambda: self.core.create_endpoint_response("revocation", asked)
        )

    def _answered(self, asked: Asked, answer: Callable[[], Any]) -> Reply:
        names = [name for name, _ in asked.parameters]
        if len(names) != len(set(names)):  # RFC 6749 3.2
            said = {"error": "invalid_request", "error_description": "a parameter is there twice"}
            return Reply(400, said, ())
        reply: Reply = answer()
        return reply

    # -- the user's part --

    def propose(self, asked: Asked, user: User | None = None) -> tuple[Proposal, Any]:
        """Look at an authorization request (RFC 6749 4.1.1).

        Returns
        -------
        tuple
            What is to be decided; and the library's grant, for `decide`.

        Raises
        ------
        OAuth2Error
            It is not in order. Its ``redirect_uri`` is set only where the client may be told.
        """
        grant = self.core.get_consent_grant(asked, end_user=user)
        client, scope = grant.request.client, tuple(grant.request.scope.split())
        contexts = {one.context for one in parse_scopes(grant.request.scope)}
        needs = "launch/patient" in scope or "patient" in contexts
        return Proposal(client, user, scope, needs), grant

    def decide(self, grant: Any, proposal: Proposal, choice: Choice | None) -> Reply:
        """Send the code, or the user's no, to the application.

        Raises
        ------
        UsageError
            The choice is none that the proposal has.
        """
        if choice is not None:
            proposal.check(choice)
            grant.request.choice = choice
        reply: Reply = self.core.create_authorization_response(
            grant.request, grant_user=proposal.user if choice else None, grant=grant
        )
        return reply

    def login(self, user: str, password: str) -> User | None:
        """Return who it is; ``None`` if name or password is not right, or was wrong too often."""
        found = self._users.get(user)
        if found is None or not self._attempts.passes(user, lambda: found.knows(password)):
            return None
        return found

    def ticket(self, user: User, request: str) -> str:
        """Remember that a user has logged in for one request; good once."""
        ticket = str(generate_token(32))
        end = self._clock() + self._seconds["ticket"]
        self._records.add_ticket(ticket, user.id, _about(request), end)
        return ticket

    def redeem(self, ticket: str, request: str) -> User | None:
        """Return who has logged in for this request; ``None`` if nobody, or not just now."""
        return self._users.get(self._records.take_ticket(ticket, _about(request)))

    # -- without a browser --

    def issue(
        self,
        client_id: str,
        *,
        scope: str,
        subject: str = "",
        patient: str = "",
        aud: str = "",
        purpose: str = "",
        reason: str = "",
    ) -> dict[str, Any]:
        """Make the tokens that a login would have given, for who runs this server.

        Parameters
        ----------
        scope
            What is asked for; the client gets what it is registered for.
        subject
            The user; ``""``: the client itself, with scopes of ``system/``.
        patient
            Id of the Patient in context; has to be one of the user's.
        aud
            The service; ``""``: the first.
        purpose, reason
            Another purpose than the client is registered for, such as ``BTG``; and why.

        Raises
        ------
        UsageError
            Purpose, client, user, service or patient is not known, or no scope is left.
        """
        client, user = self._clients.get(client_id), self._users.get(subject)
        service = aud or next(iter(self._services), "")
        if client is None or service not in self._services or (subject and user is None):
            raise UsageError(
                "the client, the user or the service is not known to this server",
                remedy=f"Clients: {', '.join(self._clients)}. Users: {', '.join(self._users)}.",
            )
        granted = granted_scopes(scope, client.scope.split())
        contexts = {one.context for one in parse_scopes(granted)}
        if (
            not granted
            or ("system" in contexts) == bool(user)
            or (contexts != {"system"} and not user)
        ):
            raise UsageError(
                f"{client_id} gets none of the scopes {scope!r} in this way",
                remedy=f"It may have: {client.scope}. Scopes of system/ are without a user.",
            )
        proposal = Proposal(client, user, tuple(granted.split()), "patient" in contexts)
        if user:
            proposal.check(Choice(granted, patient))
        if purpose and purpose not in {client.purpose} | client.purposes:
            raise UsageError(
                f"{client_id} is not registered for the purpose {purpose}",
                remedy=f"It may have: {', '.join(sorted({client.purpose} | client.purposes))}.",
            )
        choice = Choice(granted, patient if user else "")
        more = {"purpose_of_use": purpose, "purpose_of_use_reason": reason}
        said = {name: value for name, value in more.items() if value}
        return self.core.tokens_for(client, user, choice, service, generate_token(24), extra=said)


def _about(request: str) -> str:
    return hashlib.sha256(request.encode()).hexdigest()
