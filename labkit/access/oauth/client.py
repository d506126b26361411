"""The client's side: find the server, prove oneself, get a token, renew it, give it back."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc.jwk import Key

from labkit.access.oauth.keys import sign
from labkit.common.errors import HttpError, UsageError
from labkit.common.web import HttpClient

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def pkce() -> tuple[str, str]:
    """Make a verifier and its S256 challenge (RFC 7636 4)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def client_assertion(
    client_id: str,
    key: Key,
    audience: str,
    *,
    now: float | None = None,
    seconds: int = 240,
    **claims: Any,
) -> str:
    """Sign the JWT by which a client proves itself (SMART, client-confidential-asymmetric).

    Parameters
    ----------
    key
        Private; its ``kid`` and ``alg`` go into the header.
    audience
        The URL of the token endpoint.
    now
        Seconds since 1970; by the system's clock if not given.
    seconds
        How long it is good for; SMART allows 300.
    claims
        Others, or other values: ``jti`` is new each time.
    """
    begun = int(time.time() if now is None else now)
    said = {"iss": client_id, "sub": client_id, "aud": audience, "iat": begun,
            "exp": begun + seconds, "jti": secrets.token_urlsafe(24), **claims}  # fmt: skip
    return sign({"typ": "JWT"}, said, key)


class OAuthError(HttpError):
    """The server answered with an error of OAuth (RFC 6749 5.2).

    Attributes
    ----------
    error
        Its code, such as ``invalid_grant``.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.error = str(body.get("error", "server_error"))
        said = str(body.get("error_description", ""))
        super().__init__(
            f"{self.error}: {said}" if said else self.error,
            status=status,
            remedy="Look the code up in RFC 6749 5.2 (token) or 4.1.2.1 (authorize).",
        )


class SmartClient(HttpClient):
    """An application, as far as tokens go.

    Parameters
    ----------
    base_url
        The FHIR server, or the issuer: where ``.well-known/smart-configuration`` is.
    client_id
        As registered.
    redirect_uri
        Where codes are sent to.
    secret, key
        What it proves itself with; neither for a public client.
    clock
        Seconds since 1970, for assertions.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        *,
        redirect_uri: str = "",
        secret: str = "",
        key: Key | None = None,
        clock: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(base_url, transport=transport, headers=None, timeout=timeout)
        self.client_id, self.redirect_uri = client_id, redirect_uri
        self._secret, self._key, self._clock = secret, key, clock
        self._found: dict[str, Any] = {}

    @property
    def configuration(self) -> dict[str, Any]:
        """What the server says of itself; asked for once."""
        if not self._found:
            path = "/.well-known/smart-configuration"
            answer = self._http.get(self.base_url + path)
            if answer.status_code != 200:
                raise HttpError(
                    f"there is no {path} here",
                    status=answer.status_code,
                    remedy="Give the base URL of the FHIR server, or the issuer.",
                )
            self._found = answer.json()
        return self._found

    def credentials(self, scope: str, **parameters: str) -> dict[str, Any]:
        """Get a token for the client itself (SMART Backend Services)."""
        return self._post("token", grant_type="client_credentials", scope=scope, **parameters)

    def authorize_url(self, scope: str, aud: str, state: str, challenge: str, **more: str) -> str:
        """Make the URL that the user's browser is sent to."""
        sent = {"response_type": "code", "client_id": self.client_id, "scope": scope, "aud": aud,
                "redirect_uri": self.redirect_uri, "state": state, "code_challenge": challenge,
                "code_challenge_method": "S256", **more}  # fmt: skip
        return f"{self.configuration['authorization_endpoint']}?{urlencode(sent)}"

    def login(
        self, user: str, password: str, *, scope: str, aud: str, patient: str = ""
    ) -> dict[str, Any]:
        """Do what a user's browser would: log in, allow all that is asked, get the tokens.

        Raises
        ------
        OAuthError
            The server refused, or the answer is not of this request (``state``, ``iss``).
        """
        verifier, challenge = pkce()
        state = secrets.token_urlsafe(16)
        url = self.authorize_url(scope, aud, state, challenge)
        place = self.browse(url, user, password, patient)
        sent = {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}
        if "error" in sent:
            raise OAuthError(400, sent)
        if sent.get("state") != state:
            raise OAuthError(400, {"error": "invalid_request", "error_description": "state"})
        return self.redeem(sent["code"], verifier)

    def redeem(self, code: str, verifier: str) -> dict[str, Any]:
        """Give a code for tokens (RFC 6749 4.1.3)."""
        return self._post(
            "token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=verifier,
        )

    def refresh(self, token: str, scope: str = "") -> dict[str, Any]:
        """Get new tokens for a refresh token (RFC 6749 6); ``scope`` may leave some out."""
        more = {"scope": scope} if scope else {}
        return self._post("token", grant_type="refresh_token", refresh_token=token, **more)

    def introspect(self, token: str) -> dict[str, Any]:
        """Ask what a token gives (RFC 7662)."""
        return self._post("introspection", token=token)

    def revoke(self, token: str) -> None:
        """Give a token back (RFC 7009)."""
        self._post("revocation", token=token)

    def _post(self, endpoint: str, **form: str) -> dict[str, Any]:
        configuration = self.configuration
        auth: Any = None
        if self._key is not None:
            about = configuration["token_endpoint"]
            signed = client_assertion(self.client_id, self._key, about, now=self._clock())
            form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
        elif self._secret:
            auth = httpx.BasicAuth(self.client_id, self._secret)
        else:
            form["client_id"] = self.client_id
        answer = self._http.post(configuration[f"{endpoint}_endpoint"], data=form, auth=auth)
        try:
            body = answer.json() if answer.content else {}
        except (ValueError, RecursionError):
            body = {}
        if answer.status_code != 200:
            raise OAuthError(answer.status_code, body)
        return dict(body)

    def browse(self, url: str, user: str, password: str, patient: str = "") -> str:
        """Do what the user and the browser would; return where they are sent at the end.

        Parameters
        ----------
        url
            Made by `authorize_url`, for the pages of the embedded server.
        patient
            Whom the user chooses; ``""``: the first of the list.

        Raises
        ------
        OAuthError
            The server shows an error to the user, and sends nothing to the application.
        """
        answer = self._http.get(url)
        if answer.status_code != 200:
            return _location(answer)
        form: dict[str, Any] = {**_hidden(answer.text), "username": user, "password": password}
        answer = self._http.post(urlsplit(url)._replace(query="").geturl(), data=form)
        if answer.status_code != 200:
            return _location(answer)
        scopes = [unescape(s) for s in re.findall(r'name="scope"[^>]*value="([^"]*)"', answer.text)]
        form = {**_hidden(answer.text), "scope": scopes, "decision": "allow"}
        if patient:
            form["patient"] = patient
        return _location(self._http.post(urlsplit(url)._replace(query="").geturl(), data=form))


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def _location(answer: httpx.Response) -> str:
    place = answer.headers.get("location", "")
    if not place:
        said = re.search(r'<p class="bad" role="alert">(.*?)</p>', answer.text, re.S)
        text = re.sub(r"<[^>]*>", "", said[1]) if said else "no way back to the application"
        raise OAuthError(answer.status_code, {"error": "access_denied", "error_description": text})
    return str(place)


__all__ = ["OAuthError", "SmartClient", "UsageError", "client_assertion", "pkce"]
