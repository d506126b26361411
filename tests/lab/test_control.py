"""The control interface over a stand-in for the enterprise: routes, the key, errors."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from labkit.common.errors import LabError, UsageError
from labkit.lab.control import control_app
from labkit.lab.remote import KEY_HEADER
from labkit.lab.secure.guarding import Guarding

KEY = "the-key"


class StandIn:
    """Remembers what it was asked."""

    workspace = SimpleNamespace(root=Path("somewhere"))
    guarding = Guarding()

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def running(self) -> dict[str, bool]:
        return {"ARCHIVE": True}

    def destinations(self) -> dict[str, tuple[str, int]]:
        return {"LEARNER": ("127.0.0.1", 11112)}

    def add_destination(self, *what: Any) -> None:
        self.asked.append(what)

    def stop_node(self, name: str) -> dict[str, bool]:
        raise UsageError(f"There is no node {name!r}.", remedy="Take one that there is.")

    def reset(self) -> None:
        raise LabError("It is stuck.", remedy="Kick it.")

    def mark(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def log(self, name: str, *, since: int, epoch: str) -> dict[str, list[str]]:
        self.asked.append((name, since, epoch))
        return {"lines": ["a line"]}


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def ended() -> list[bool]:
    return []


class Client:
    """Straight into the application, without a port."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._send("GET", path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._send("POST", path, **more))

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        more.setdefault("headers", {KEY_HEADER: KEY})
        async with httpx.AsyncClient(transport=self._transport, base_url="http://lab") as client:
            return await client.request(method, path, **more)


@pytest.fixture
def client(stand_in: StandIn, ended: list[bool]) -> Client:
    app = control_app(stand_in, key=KEY, shutdown=lambda: ended.append(True))  # type: ignore[arg-type]
    return Client(app)


@pytest.mark.parametrize("key", ["", "wrong", "the-key "[:-2]])
@pytest.mark.parametrize("path", ["/lab/ping", "/lab/nodes", "/lab/nothing"])
def test_without_the_key_it_says_nothing(client: Client, key: str, path: str) -> None:
    answer = client.get(path, headers={KEY_HEADER: key})
    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "remedy"}


def test_shutdown_needs_the_key_too(client: Client, ended: list[bool]) -> None:
    assert client.post("/lab/shutdown", json=None, headers={KEY_HEADER: "x"}).status_code == 401
    assert ended == []
    assert client.post("/lab/shutdown", json=None).json() == {"ending": True}
    assert ended == [True]


def test_it_answers_what_the_enterprise_says(client: Client) -> None:
    assert client.get("/lab/ping").json() == {"lab": "somewhere"}
    assert client.get("/lab/nodes").json() == {"ARCHIVE": True}
    assert client.get("/lab/nodes/ARCHIVE/log?since=7&epoch=e").json() == {"lines": ["a line"]}


def test_a_destination_is_handed_on(client: Client, stand_in: StandIn) -> None:
    body = {"ae_title": "LEARNER", "host": "127.0.0.1", "port": 11112}
    answer = client.post("/lab/destinations", json=body)
    assert answer.json() == {"LEARNER": ["127.0.0.1", 11112]}
    assert stand_in.asked == [("LEARNER", "127.0.0.1", 11112)]


@pytest.mark.parametrize("body", [None, [], {}, {"ae_title": 1}, {"ae_title": "A", "host": "h"}])
def test_a_body_that_lacks_something_is_refused(client: Client, body: object) -> None:
    answer = client.post("/lab/destinations", json=body)
    assert answer.status_code == 400
    assert "missing" in answer.json()["error"]


def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    answer = client.post("/lab/destinations", content=b"{")
    assert (answer.status_code, answer.json()["error"]) == (400, "The body is not JSON.")


@pytest.mark.parametrize("since", ["x", "-1", "1.5"])
def test_a_number_that_is_none_is_refused(client: Client, since: str) -> None:
    assert client.get(f"/lab/nodes/ARCHIVE/log?since={since}").status_code == 400


def test_errors_keep_their_remedy(client: Client) -> None:
    wrong = client.post("/lab/nodes/NOBODY/stop", json=None)
    assert wrong.status_code == 400
    assert wrong.json()["remedy"] == "Take one that there is."
    stuck = client.post("/lab/reset", json=None)
    assert (stuck.status_code, stuck.json()["remedy"]) == (500, "Kick it.")


def test_a_failure_that_is_not_ours_is_explained(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.get("/lab/mark")
    assert answer.status_code == 500
    assert "is full" in answer.json()["error"]
    assert "No space left on device" in capsys.readouterr().err, "the lab's own log has it all"


@pytest.mark.parametrize("path", ["/lab/nothing", "/lab/nodes/A/B/log", "/lab/reset"])
def test_what_it_does_not_know_is_said_in_json(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert path in answer.json()["error"]
