"""What an authorization server remembers: codes, tokens, assertions. SQLite, in a folder.

Codes, refresh tokens and tickets are kept as digests: who reads the file cannot use them. Of an
access token only its ``jti`` is kept.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS code (
  digest TEXT PRIMARY KEY, family TEXT NOT NULL, client TEXT NOT NULL, user TEXT NOT NULL,
  scope TEXT NOT NULL, patient TEXT NOT NULL, aud TEXT NOT NULL, redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS token (
  jti TEXT PRIMARY KEY, family TEXT NOT NULL, client TEXT NOT NULL, user TEXT NOT NULL,
  scope TEXT NOT NULL, patient TEXT NOT NULL, aud TEXT NOT NULL, kind TEXT NOT NULL,
  issued REAL NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0,
  revoked INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS token_family ON token (family);
CREATE TABLE IF NOT EXISTS ended (family TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS assertion (
  client TEXT NOT NULL, jti TEXT NOT NULL, expires REAL NOT NULL, PRIMARY KEY (client, jti));
CREATE TABLE IF NOT EXISTS ticket (
  digest TEXT PRIMARY KEY, user TEXT NOT NULL, request TEXT NOT NULL, expires REAL NOT NULL);
"""


def digest(secret: str) -> str:
    """Return what is kept of a secret that is random and long: SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Code:
    """An authorization code that was given out; the library asks through its methods."""

    family: str
    client: str
    user: str
    scope: str
    patient: str
    aud: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Say where the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Say what was granted."""
        return self.scope


@dataclass(frozen=True)
class Issued:
    """An access or a refresh token that was given out; `jti` of a refresh token is its digest."""

    jti: str
    family: str
    client: str
    user: str
    scope: str
    patient: str
    aud: str
    kind: str
    issued: float
    expires: float
    used: bool = False
    revoked: bool = False
    expired: bool = False

    def get_scope(self) -> str:
        """Say what it gives."""
        return self.scope

    def check_client(self, client: object) -> bool:
        """Whether it was given to this client."""
        return bool(getattr(client, "client_id", None) == self.client)

    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expired

    def is_revoked(self) -> bool:
        """Whether it was taken back; a refresh token that was used is over too."""
        return self.revoked or self.used


class Records:
    """The database; threads may share it.

    Parameters
    ----------
    path
        Made if it is not there, readable by its owner only.
    clock
        Seconds since 1970.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._clock, self._lock = clock, threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        with self._lock:
            return self._db.execute(sql, values)

    # -- codes --

    def add_code(self, code: str, entry: Code, expires: float) -> None:
        """Keep a code that is given out."""
        e = entry
        self._run(
            "INSERT INTO code VALUES (?,?,?,?,?,?,?,?,?,?,0)", digest(code), e.family, e.client,
            e.user, e.scope, e.patient, e.aud, e.redirect_uri, e.code_challenge, expires,
        )  # fmt: skip

    def take_code(self, code: str, client: str) -> Code | None:
        """Use a code up; a second time all that it gave is taken back (RFC 6749 4.1.2)."""
        key = digest(code)
        first = self._run("UPDATE code SET used = 1 WHERE digest = ? AND used = 0", key).rowcount
        row = self._run(
            "SELECT family, client, user, scope, patient, aud, redirect_uri, challenge, expires "
            "FROM code WHERE digest = ?",
            key,
        ).fetchone()
        if row is None:
            return None
        if not first:
            self.revoke_family(row[0])
            return None
        return Code(*row[:8]) if row[8] > self._clock() and row[1] == client else None

    # -- tokens --

    def add_token(self, entry: Issued) -> None:
        """Keep what a token gives."""
        e = entry
        self._run(
            "INSERT INTO token VALUES (?,?,?,?,?,?,?,?,?,?,0,0)", e.jti, e.family, e.client,
            e.user, e.scope, e.patient, e.aud, e.kind, e.issued, e.expires,
        )  # fmt: skip

    def token(self, jti: str, kind: str) -> Issued | None:
        """Return a token by its ``jti``, or a refresh token by its digest."""
        row = self._run(
            "SELECT jti, family, client, user, scope, patient, aud, kind, issued, expires, used, "
            "revoked OR EXISTS (SELECT 1 FROM ended e WHERE e.family = token.family) "
            "FROM token WHERE jti = ? AND kind = ?",
            jti,
            kind,
        ).fetchone()
        if row is None:
            return None
        found = Issued(*row)
        over = found.expires <= self._clock()
        return replace(found, used=bool(found.used), revoked=bool(found.revoked), expired=over)

    def take_refresh(self, token: str, client: str) -> Issued | None:
        """Look at a refresh token; one that was used takes its whole family with it (RFC 9700)."""
        found = self.token(digest(token), "refresh")
        if found is None or found.client != client:
            return None
        if found.used:
            self.revoke_family(found.family)
        return None if found.used or found.revoked or found.expired else found

    def use_refresh(self, entry: Issued) -> bool:
        """Use a refresh token up; ``False`` if another request was faster."""
        done = self._run("UPDATE token SET used = 1 WHERE jti = ? AND used = 0", entry.jti)
        return bool(done.rowcount)

    def revoke(self, jti: str) -> None:
        """Take one token back."""
        self._run("UPDATE token SET revoked = 1 WHERE jti = ?", jti)

    def revoke_family(self, family: str) -> None:
        """Take back everything that came of one login, and what still comes of it."""
        self._run("INSERT OR IGNORE INTO ended VALUES (?)", family)

    # -- assertions and tickets --

    def first_use(self, client: str, jti: str, expires: float) -> bool:
        """Whether an assertion is used for the first time; remembered until it has expired."""
        self._run("DELETE FROM assertion WHERE expires < ?", self._clock() - 600)
        done = self._run("INSERT OR IGNORE INTO assertion VALUES (?,?,?)", client, jti, expires)
        return bool(done.rowcount)

    def add_ticket(self, ticket: str, user: str, request: str, expires: float) -> None:
        """Remember who has logged in for which request."""
        self._run("INSERT INTO ticket VALUES (?,?,?,?)", digest(ticket), user, request, expires)

    def take_ticket(self, ticket: str, request: str) -> str:
        """Use a ticket up; return the user, ``""`` if it is not for this request or too old."""
        with self._lock:
            row = self._db.execute(
                "DELETE FROM ticket WHERE digest = ? RETURNING user, request, expires",
                (digest(ticket),),
            ).fetchone()
        valid = row is not None and row[1] == request and row[2] > self._clock()
        return str(row[0]) if valid else ""

    def forget(self) -> None:
        """Drop what has expired for a day; what was revoked until then is refused as expired."""
        yesterday = self._clock() - 86400
        self._run("DELETE FROM code WHERE expires < ?", yesterday)
        self._run("DELETE FROM token WHERE expires < ?", yesterday)
        self._run("DELETE FROM ticket WHERE expires < ?", yesterday)
