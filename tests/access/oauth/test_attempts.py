"""Passwords cannot be tried without end."""

from __future__ import annotations

from collections.abc import Callable

from labkit.access.oauth import AuthorizationServer
from labkit.access.oauth.attempts import MOST, SECONDS, Attempts
from tests.access.oauth.conftest import USERS


class Time:
    now = 1_770_000_000.0

    def __call__(self) -> float:
        return self.now


def test_after_too_many_the_right_one_fails_too_and_later_it_does_not(
    make: Callable[..., AuthorizationServer],
) -> None:
    time = Time()
    server, user, other = make(time), USERS[0], USERS[1]
    for _ in range(MOST):
        assert server.login(user.id, "wrong") is None
        time.now += 1
    assert server.login(user.id, user.password) is None
    assert server.login(other.id, other.password) == other, "others are not shut out"
    time.now += SECONDS
    assert server.login(user.id, user.password) == user


def test_a_right_one_in_between_is_no_reason_to_shut() -> None:
    attempts = Attempts(Time(), most=3)
    for _ in range(5):
        assert not attempts.passes("user", lambda: False)
        assert not attempts.passes("user", lambda: False)
        assert attempts.passes("user", lambda: True)


def test_a_clock_that_is_set_back_lets_nobody_wait_for_ever() -> None:
    time = Time()
    attempts = Attempts(time, most=1)
    assert not attempts.passes("user", lambda: False)
    time.now -= 86_400
    assert attempts.passes("user", lambda: True)
