"""TokenInspector, the Python side: it looks at a token and forgets it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Bool, Dict

from labkit.access.oauth.reading import BadToken, read_jwt
from labkit.access.oauth.verifier import TokenError, Verifier
from labkit.common.errors import DataError
from labkit.widgets.base import LabWidget
from labkit.widgets.base.fallback import table
from labkit.widgets.token_inspector.checks import Expected, check
from labkit.widgets.token_inspector.words import (
    CLAIMS,
    HEADER,
    NEEDED,
    scope_words,
    span_text,
    value_text,
)

SIGNS = {"ok": "✓", "bad": "✗", "open": "–"}


class TokenInspector(LabWidget):
    """See what is in an access token, what checks each part, and what it gives.

    The token is read and forgotten. Its signature is neither kept nor shown, so what a notebook
    saves of it opens no door.

    Parameters
    ----------
    token
        A signed JWT; or the answer of a token endpoint, which has one as ``access_token``.
    jwks
        The issuer's public keys (RFC 7517). Without them the signature is not checked, and
        nothing is called accepted.
    issuer, audience
        What the service that it is shown to trusts, and who that service is.
    revoked
        Whether a ``jti`` was taken back.
    clock
        Seconds since 1970.

    Raises
    ------
    DataError
        It is no JWT at all.

    Examples
    --------
    >>> seen = TokenInspector(answer, jwks=jwks, issuer=issuer, audience=fhir_url)
    >>> seen.verdict          # 'accepted', or 'refused: exp: the token has expired'
    >>> seen.problems         # names of the parts that are not as they should be
    """

    folder: ClassVar[Path] = Path(__file__).parent

    only_problems = Bool(False, help="show only what is not as it should be").tag(sync=True)
    _shown = Dict(help="verdict, rows, scopes, end; never the signature").tag(sync=True)

    def __init__(
        self,
        token: str | Mapping[str, Any],
        *,
        jwks: dict[str, Any] | None = None,
        issuer: str = "",
        audience: str = "",
        revoked: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        text = token if isinstance(token, str) else str(token.get("access_token", ""))
        self.header, self.claims = _parts(text)
        now = clock()
        expected = Expected(issuer, audience, now, _signature(text, jwks), revoked)
        self.verdict = _verdict(text, jwks, expected)
        self._rows = self._make_rows(expected)
        super().__init__(_shown=self._payload(now, fixed=clock is not time.time))

    # -- what is shown --

    @property
    def problems(self) -> list[str]:
        """Names of the parts that are not as they should be, in the order in which they stand."""
        return [row["name"] for row in self._rows if row["state"] == "bad"]

    @property
    def scopes(self) -> list[str]:
        """What it gives, in words."""
        return [f"{scope}: {words}" for scope, words in self._scopes()]

    @property
    def digest(self) -> str:
        """SHA-256 of what is the same for each token of this kind: no time, no random number."""
        return hashlib.sha256(json.dumps([self.verdict, self._rows]).encode()).hexdigest()

    def summary(self) -> str:
        """Say how it ends."""
        return self.verdict

    def fallback(self) -> dict[str, object]:
        """Return the parts and their checks as a table."""
        rows = [
            [SIGNS[row["state"]], row["name"], row["value"], row["says"], row["section"]]
            for row in self._rows
        ]
        note = "; ".join(self.scopes)
        columns = ["", "part", "value", "what checks it", "where"]
        return {"text/html": table(columns, rows, f"Access token: {self.verdict}", note)}

    # -- inside --

    def _scopes(self) -> list[list[str]]:
        scope = self.claims.get("scope")
        return scope_words(scope) if isinstance(scope, str) else []

    def _make_rows(self, expected: Expected) -> list[dict[str, str]]:
        rows = [
            self._row("header", name, value, HEADER, expected)
            for name, value in self.header.items()
        ]
        rows.append(
            {"part": "signature", "name": "signature", "value": "(not kept)",
             "state": expected.signature[0], "section": "RFC 7515 5.2",
             "says": expected.signature[1]}
        )  # fmt: skip
        names = [n for n in CLAIMS if n in self.claims or n in NEEDED]
        names += [n for n in self.claims if n not in CLAIMS]
        for name in names:
            rows.append(self._row("claim", name, self.claims.get(name), CLAIMS, expected))
        return rows

    def _row(
        self, part: str, name: str, value: Any, known: Mapping[str, Any], expected: Expected
    ) -> dict[str, str]:
        says, section = known.get(name, ("Nothing here looks at it", ""))
        state, why = check(part, name, value, expected)
        there = value is not None or name in self.header
        shown = value_text(name, value, self.claims) if there else "(missing)"
        return {"part": part, "name": name, "value": shown, "state": state, "section": section,
                "says": f"{says}. {why}" if why else says}  # fmt: skip

    def _payload(self, now: float, *, fixed: bool) -> dict[str, Any]:
        end = self.claims.get("exp")
        left = None if isinstance(end, bool) or not isinstance(end, (int, float)) else end - now
        return {
            "verdict": self.verdict, "rows": self._rows, "scopes": self._scopes(),
            "end": None if left is None or fixed else end,
            "left": "" if left is None else span_text(left),
            "over": left is not None and left <= 0,
        }  # fmt: skip


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read header and claims without believing them."""
    pieces = token.split(".")
    try:
        read = [json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in pieces[:2]]
    except ValueError:
        read = []
    if len(pieces) != 3 or len(read) != 2 or not all(isinstance(part, dict) for part in read):
        raise DataError(
            "This is no signed JWT: three parts with points between them, the first two JSON.",
            remedy="Give the access_token of a token endpoint's answer. A refresh token, or an "
            "opaque access token, says nothing by itself: ask the introspection endpoint.",
        )
    return read[0], read[1]


def _signature(token: str, jwks: dict[str, Any] | None) -> tuple[str, str]:
    """Say whether the signature is right, without saying what it is."""
    if jwks is None:
        return "open", "Not checked: the issuer's public keys were not given"
    try:
        read_jwt(token, jwks)
    except BadToken as error:
        return "bad", f"Nobody vouches for the rest: {error}"
    return "ok", "Made with the private key of the kid that the issuer publishes"


def _verdict(token: str, jwks: dict[str, Any] | None, expected: Expected) -> str:
    """Have the guard's own verifier decide."""
    if jwks is None or not expected.issuer or not expected.audience:
        return "not decided: issuer, audience and jwks are needed"
    verifier = Verifier(
        expected.issuer,
        lambda: jwks,
        audience=expected.audience,
        revoked=expected.revoked or (lambda jti: False),
        clock=lambda: expected.now,
    )
    try:
        verifier.verify(token)
    except TokenError as error:
        return f"refused: {error.description}"
    return "accepted"
