"""``lab.auth``: the authorization server, and the applications and people that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from labkit.common.errors import LabError, UsageError
from labkit.lab.secure.facets.consents import Call

if TYPE_CHECKING:
    from joserfc.jwk import Key

    from labkit.access.oauth import SmartClient
    from labkit.lab.secure.facets.peer import PeerServer

TIMEOUT = 10.0


@dataclass(frozen=True)
class ClientInfo:
    """One application; what it proves itself with is left out of the ``repr``.

    Attributes
    ----------
    client_id, name
        Its identifier, and what users see.
    scope
        What it may be given at most.
    grant_types
        How it may get tokens.
    redirect_uri
        Where codes are sent to; ``""`` where it gets none.
    actors
        References by which a Consent may name it.
    purpose
        What its requests are for.
    secret
        Of a client that authenticates with HTTP Basic; else ``""``.
    key
        Private JWK of a client that authenticates with a signed JWT; else ``None``.
    """

    client_id: str
    name: str
    scope: str
    grant_types: tuple[str, ...]
    redirect_uri: str = ""
    actors: tuple[str, ...] = ()
    purpose: str = "TREAT"
    secret: str = field(default="", repr=False)
    key: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def signing_key(self) -> Key:
        """The key to sign assertions with.

        Raises
        ------
        UsageError
            This client has none.
        """
        from joserfc.jwk import ECKey

        if self.key is None:
            raise UsageError(
                f"{self.client_id} has no key: it authenticates in another way.",
                remedy="Take `secret`, or nothing for a public client.",
            )
        return ECKey.import_key(dict(self.key))


@dataclass(frozen=True)
class UserInfo:
    """Somebody who can log in; made up, and the password is left out of the ``repr``.

    Attributes
    ----------
    id, name
        To log in with, and as shown.
    fhir_user
        Who it is, as a FHIR reference.
    patients
        Ids of the patients that this user may choose when an application is launched.
    """

    id: str
    name: str
    fhir_user: str
    patients: tuple[str, ...]
    password: str = field(default="", repr=False)


class AuthFacet:
    """The authorization server of the lab, and the key to it that its administrator has.

    Parameters
    ----------
    url, fhir_url
        Base URLs of the authorization server and of the FHIR server.
    call
        Asks the control interface of the lab.
    beside
        Gives the server of a product, where the lab has one.
    """

    def __init__(
        self,
        url: str,
        fhir_url: str,
        call: Call,
        beside: Callable[[], PeerServer | None] = lambda: None,
    ) -> None:
        self.issuer, self._fhir, self._call, self._beside = url, fhir_url, call, beside

    def peer(self) -> PeerServer:
        """Return a server that is known by the standards alone: Keycloak, where the lab has it.

        On the embedded lab it is this server, met as a stranger.
        """
        from labkit.lab.secure.facets.peer import PeerServer

        known = self.clients["backend"]
        return self._beside() or PeerServer("labkit", self.issuer, "backend", known.key or {})

    def smart_configuration(self) -> dict[str, Any]:
        """Return what the FHIR server says at ``/.well-known/smart-configuration``."""
        return self._document(f"{self._fhir}/.well-known/smart-configuration")

    def jwks(self) -> dict[str, Any]:
        """Return the public keys that tokens are signed with."""
        return self._document(f"{self.issuer}/jwks")

    @property
    def clients(self) -> Mapping[str, ClientInfo]:
        """The applications, by client id."""
        found = self._call("GET", "/auth/clients")
        return _Named({
            name: ClientInfo(**{
                **each, "grant_types": tuple(each["grant_types"]), "actors": tuple(each["actors"])
            })
            for name, each in found.items()
        })  # fmt: skip

    @property
    def users(self) -> Mapping[str, UserInfo]:
        """Those who can log in, by user name."""
        found = self._call("GET", "/auth/users")
        return _Named(
            {
                n: UserInfo(**{**each, "patients": tuple(each["patients"])})
                for n, each in found.items()
            }
        )

    def token(
        self,
        client: str = "workbook",
        *,
        scope: str = "user/*.cruds",
        patient: str = "",
        user: str | None = None,
        **more: str,
    ) -> str:
        """Have a token given out, as the administrator of the server can: without a login.

        Parameters
        ----------
        client
            The application that it is for.
        scope
            What is asked for; it gets what it is registered for.
        patient
            Id of the patient in context, for scopes of ``patient/``.
        user
            Who is logged in; where the scopes need somebody and nobody is named, ``lanternwick``.
        more
            ``aud``: base URL of the service, the FHIR server's if left out (its tokens are good for
            DICOMweb too). ``purpose`` and ``reason``: another purpose than the client's, and why.

        Raises
        ------
        UsageError
            There is no such client, user, patient or service, or no scope is left.
        """
        return str(
            self.answer(client, scope=scope, patient=patient, user=user, **more)["access_token"]
        )

    def answer(
        self,
        client: str = "workbook",
        *,
        scope: str = "user/*.cruds",
        patient: str = "",
        user: str | None = None,
        **more: str,
    ) -> dict[str, Any]:
        """As `token`, with all that a token endpoint answers: what was granted, refresh token …"""
        body = {"client": client, "scope": scope, "patient": patient, **more}
        if user is not None:
            body["user"] = user
        found: dict[str, Any] = self._call("POST", "/auth/token", body)
        return found

    def client(self, client_id: str) -> SmartClient:
        """Return an application as it asks for tokens itself: over HTTP, with what it has.

        Raises
        ------
        UsageError
            There is none of this id.
        """
        from labkit.access.oauth import SmartClient

        known = self.clients[client_id]
        return SmartClient(
            self._fhir,
            client_id,
            redirect_uri=known.redirect_uri,
            secret=known.secret,
            key=known.signing_key if known.key else None,
        )

    def rotate(self) -> str:
        """Have the server sign with a new key; returns its ``kid``. Living tokens stay good."""
        return str(self._call("POST", "/auth/rotate")["kid"])

    def _document(self, url: str) -> dict[str, Any]:
        try:
            answer = httpx.get(url, timeout=TIMEOUT, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise LabError(
                f"The lab does not say it ({type(error).__name__}).",
                remedy="See what is down: labkit status --secure.",
            ) from error
        found: dict[str, Any] = answer.json()
        return found

    def __repr__(self) -> str:
        return "Authorization server: smart_configuration(), clients, users, token(client, scope=…)"


class _Named(Mapping[str, Any]):
    """A mapping that says what there is when asked for something else."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            raise UsageError(
                f"There is no {name!r}.", remedy=f"There is {', '.join(self._entries)}."
            )
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._entries.values()))
