"""Keep a session alive, and do not end it yourself.

A refresh token is good once. Two lines in the wrong order, and the user has to log in again.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS

_RIGHT = """
    def renewed(session, refresh, now):
        if session["ends"] - now > 30:
            return session
        answer = refresh(session["refresh_token"])
        return {
            "access_token": answer["access_token"],
            "refresh_token": answer.get("refresh_token", session["refresh_token"]),
            "ends": now + answer["expires_in"],
        }
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def renewed(session, refresh, now):
            ...  # session: a dict of access_token, refresh_token, ends (seconds since 1970)
                 # refresh(refresh_token): posts it, returns the answer of the token endpoint
                 # Return the session to go on with. Refresh in the last 30 seconds, not before
    """,
    answer="renewed",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Each answer may bring a new refresh token, and then the old one is over; a server that sees
        it again takes it for stolen and ends the whole login (RFC 9700 4.14.2): it cannot know
        which of the two is the thief. An answer without one leaves the old in force (RFC 6749 6).
        expires_in counts from now. Two tabs that refresh at once look like a theft too: one of
        them has to do it for both, under a lock.
    """,
    hints=(
        "First: is it time? If more than 30 seconds are left, the session goes on as it is.",
        "The answer has access_token, expires_in, and perhaps refresh_token. Which of the three "
        "must not be forgotten?",
        'answer.get("refresh_token", session["refresh_token"]), and "ends": now + '
        'answer["expires_in"].',
    ),
    wrong=(
        Wrong(
            "old-refresh-token",
            _RIGHT.replace('answer.get("refresh_token", session["refresh_token"])',
                           'session["refresh_token"]'),
            """You kept the old refresh token. The next refresh shows it again, the server takes it
            for stolen, and the user is logged out after two lifetimes of an access token. Always
            after the same time, never in the test.""",
        ),
        Wrong(
            "sent-the-access-token",
            _RIGHT.replace('refresh(session["refresh_token"])', 'refresh(session["access_token"])'),
            """You sent the access token to the token endpoint. It is for the services; the refresh
            token is for the authorization server alone (RFC 6749 1.5).""",
        ),
        Wrong(
            "at-every-request",
            _RIGHT.replace("""        if session["ends"] - now > 30:
            return session
""", ""),
            """You refresh at every request. The authorization server gets the load of the archive,
            and two requests at once end the login.""",
        ),
        Wrong(
            "after-the-end",
            _RIGHT.replace("> 30", "> -1"),
            """You wait until it has ended. A retrieve that takes half a minute begins with a token
            that is good and ends with one that is not.""",
        ),
        Wrong(
            "none-is-none",
            _RIGHT.replace('answer.get("refresh_token", session["refresh_token"])',
                           'answer.get("refresh_token")'),
            """You lost the refresh token where the answer brings no new one. It is still the old
            one then (RFC 6749 6).""",
        ),
        Wrong(
            "ends-is-a-span",
            _RIGHT.replace('now + answer["expires_in"]', 'answer["expires_in"]'),
            """You stored the span as a moment. expires_in is counted from now; what you stored lies
            in 1970, so you refresh at every request from here on.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 6749", "6"), cite("RFC 9700", "4.14.2"))


class _Server:
    """Rotates refresh tokens, or leaves them; one that was used ends the login."""

    def __init__(self, rotates: bool) -> None:
        self.rotates, self.good, self.number, self.over = rotates, "r0", 0, False
        self.last = ""

    def refresh(self, token: str) -> dict[str, Any]:
        """Answer as a token endpoint does."""
        self.last = str(token)
        if self.over or token != self.good:
            self.over = True
            raise PermissionError("invalid_grant: the refresh token was used already")
        self.number += 1
        answer: dict[str, Any] = {"access_token": f"a{self.number}", "expires_in": 300}
        if self.rotates:
            self.good = f"r{self.number}"
            answer["refresh_token"] = self.good
        return answer


def check(work: Work) -> Verdict:
    """Play a morning: a request every 20 s, at a server that rotates and at one that does not."""
    for rotates in (True, False):
        server = _Server(rotates)
        session: Any = {"access_token": "a0", "refresh_token": "r0", "ends": 1300.0}
        for now in range(1000, 2000, 20):
            before = server.number
            try:
                got = work.answer(dict(session), server.refresh, float(now))
            except PermissionError as error:
                name = "at-every-request" if now == 1000 else "old-refresh-token"
                name = "sent-the-access-token" if server.last.startswith("a") else name
                return _no("a login that lasts", f"{error}, after {now - 1000} s", name)
            except Exception as error:
                lost = isinstance(error, TypeError) and session.get("refresh_token") is None
                name = "none-is-none" if lost else ""
                return _no("no error", f"{type(error).__name__}: {error}", name)
            if got is None or got is ...:
                return blank()
            if not isinstance(got, dict) or not {"access_token", "refresh_token", "ends"} <= set(
                got
            ):
                return _no("a session with its three parts", str(got), "")
            left = session["ends"] - now
            if server.number > before and left > 30:
                name = "ends-is-a-span" if before and session["ends"] < 1000 else "at-every-request"
                return _no("no refresh while more than 30 s are left", f"one at {left:.0f} s", name)
            if got["refresh_token"] is None:
                return _no("the old refresh token where no new one comes", "none", "none-is-none")
            if server.number == before and left <= 30:
                return _no("a refresh in the last 30 s", f"none at {left:.0f} s", "after-the-end")
            if server.number > before and got["ends"] != now + 300:
                return _no(f"ends: {now + 300}", f"ends: {got['ends']}",
                           "ends-is-a-span" if got["ends"] == 300 else "")  # fmt: skip
            session = got
    return passed("A morning at both servers, with three refreshes each.", rule=RULE)


def _no(expected: str, got: str, mistake: str) -> Verdict:
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
