"""What application, system and resource server say to the server under test."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from labkit.access.oauth import client_assertion, pkce, sign
from labkit.access.oauth.client import ASSERTION_TYPE
from tests.contract.auth.browser import browse
from tests.contract.auth.servers import Target


@dataclass
class Party:
    """All three of them."""

    target: Target
    http: httpx.Client

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The server's metadata (RFC 8414; OpenID Connect Discovery has the same)."""
        for name in ("oauth-authorization-server", "openid-configuration"):
            answer = self.http.get(f"{self.target.issuer}/.well-known/{name}")
            if answer.status_code == 200:
                return dict(answer.json())
        raise AssertionError("no metadata below the issuer")

    def jwks(self) -> dict[str, Any]:
        return dict(self.http.get(self.metadata["jwks_uri"]).json())

    def authorize(self, challenge: str, **changes: str | None) -> dict[str, str]:
        """Send the browser with a request; return what comes back to the application."""
        app = self.target.app
        sent: dict[str, str | None] = {
            "response_type": "code", "client_id": app["client_id"], "scope": app["scope"],
            "redirect_uri": app["redirect_uri"], "state": "s-1", "aud": self.target.audience,
            "code_challenge": challenge, "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        query = urlencode({name: value for name, value in sent.items() if value is not None})
        url = f"{self.metadata['authorization_endpoint']}?{query}"
        place = browse(url, str(sent["redirect_uri"]), app["user"], app["password"])
        return {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}

    def token(self, **form: str) -> httpx.Response:
        return self.http.post(self.metadata["token_endpoint"], data=form)

    def redeem(self, code: str, verifier: str, **changes: str) -> httpx.Response:
        app = self.target.app
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier,
                "client_id": app["client_id"], "redirect_uri": app["redirect_uri"]}  # fmt: skip
        return self.token(**form, **changes)

    def login(self) -> dict[str, Any]:
        """Log in from beginning to end."""
        verifier, challenge = pkce()
        answer = self.redeem(self.authorize(challenge)["code"], verifier)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refresh(self, token: str, **more: str) -> httpx.Response:
        client_id = self.target.app["client_id"]
        return self.token(
            grant_type="refresh_token", refresh_token=token, client_id=client_id, **more
        )

    def assertion(self, **changes: Any) -> str:
        system = self.target.system["client_id"]
        given = {"key": self.target.key, "audience": self.metadata["token_endpoint"], **changes}
        return client_assertion(system, given.pop("key"), given.pop("audience"), **given)

    def short_assertion(self) -> str:
        """Sign no more claims than RFC 7523 3 and SMART ask for: without iat."""
        system = self.target.system["client_id"]
        said = {"iss": system, "sub": system, "aud": self.metadata["token_endpoint"],
                "exp": int(time.time()) + 240, "jti": secrets.token_urlsafe(24)}  # fmt: skip
        return sign({"typ": "JWT"}, said, self.target.key)

    def credentials(self, assertion: str, scope: str = "") -> httpx.Response:
        return self.token(
            grant_type="client_credentials",
            scope=scope or self.target.system["scope"],
            client_assertion_type=ASSERTION_TYPE,
            client_assertion=assertion,
        )

    def introspect(self, token: str) -> dict[str, Any]:
        resource = self.target.resource
        answer = self.http.post(
            self.metadata["introspection_endpoint"],
            data={"token": token},
            auth=(resource["client_id"], resource["secret"]),
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def revoke(self, token: str) -> httpx.Response:
        form = {"token": token, "client_id": self.target.app["client_id"]}
        return self.http.post(self.metadata["revocation_endpoint"], data=form)
