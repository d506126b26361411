"""One request, and what is kept for the length of it."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Any

import pytest

from labkit.common.occasion import Occasion, Occasions, current_occasion, occasion


def test_it_lasts_as_long_as_the_request() -> None:
    assert current_occasion() is None
    with occasion(Occasion("10.0.0.7")) as now:
        assert current_occasion() is now
        assert contextvars.copy_context().run(current_occasion) is now
    assert current_occasion() is None


def test_at_the_end_everything_is_done_whatever_fails(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def fails() -> None:
        raise OSError

    with pytest.raises(ValueError, match="the request itself"), occasion(Occasion()) as now:
        now.at_end(fails)
        now.at_end(lambda: done.append(1))
        raise ValueError("the request itself")
    assert done == [1]
    assert "failed" in caplog.text


def test_each_request_over_http_is_one_also_through_applications_in_applications() -> None:
    seen: list[Occasion | None] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(current_occasion())

    scope = {"type": "http", "client": ("10.0.0.7", 1), "path": "/studies", "query_string": b"a=1"}
    asyncio.run(Occasions(Occasions(app))(scope, None, None))  # type: ignore[arg-type]
    asyncio.run(Occasions(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    first, other = seen
    assert first is not None
    assert (first.address, first.target, first.query) == ("10.0.0.7", "/studies", b"a=1")
    assert other is None


def test_two_requests_do_not_mix() -> None:
    seen: list[Occasion | None] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        seen.append(current_occasion())

    async def both() -> None:
        asked = Occasions(app)
        await asyncio.gather(*(asked({"type": "http", "path": p}, None, None) for p in "ab"))  # type: ignore[arg-type]

    asyncio.run(both())
    assert sorted(now.target for now in seen if now) == ["a", "b"]
