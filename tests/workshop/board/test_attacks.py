"""What people may try at the board: docs/security/board.md."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from labkit.workshop.board import Board
from labkit.workshop.board.door import BURST, WRONG
from tests.workshop.board.room import (
    FIRST,
    Clock,
    Laptop,
    act,
    acts_of,
    client,
    report,
    seen,
)

EVIL = "<img src=x onerror=alert(1)>"


def entered(board: Board, view: str = "instructor") -> httpx.Client:
    session = httpx.Client(base_url=board.url, timeout=60, verify=False)
    answer = session.post("/enter", data={"code": board.room.instructor_code, "view": view})
    assert answer.status_code == 303
    return session


BODIES = {
    "nothing": b"", "no JSON": b"{", "a list": b"[]", "deep": b"[" * 20000,
    "another format": b'{"format": "labkit-board/9", "who": "a", "acts": []}',
    "nobody": json.dumps(report("")).encode(),
    "a path": json.dumps(report("../../etc")).encode(),
    "a long who": json.dumps(report("a" * 65)).encode(),
    "acts no list": b'{"format": "labkit-board/1", "who": "a", "acts": {}}',
    "an act no object": json.dumps(report("a") | {"acts": [1]}).encode(),
    "101 acts": json.dumps(report("a", *(act(n) for n in range(1, 102)))).encode(),
    "n a text": json.dumps(report("a", act(1) | {"n": "1"})).encode(),
    "n true": json.dumps(report("a", act(1) | {"n": True})).encode(),
    "n negative": json.dumps(report("a", act(-1))).encode(),
    "n huge": json.dumps(report("a", act(1 << 60))).encode(),
    "n not a number": b'{"format":"labkit-board/1","who":"a","acts":[{"n":NaN}]}',
    "no time": json.dumps(report("a", act(1, at="now"))).encode(),
    "a time without offset": json.dumps(report("a", act(1, at="2026-01-15T08:00:00"))).encode(),
    "a slug that is HTML": json.dumps(report("a", act(1, slug=EVIL))).encode(),
    "a mistake that is HTML": json.dumps(report("a", act(1, mistake=EVIL))).encode(),
    "another event": json.dumps(report("a", act(1, event="answer"))).encode(),
    "another outcome": json.dumps(report("a", act(1, outcome="great"))).encode(),
    "a lab of others": json.dumps(
        report("a", lab={"state": "ill", "ill": ["PACS-OF-MY-CLINIC"]})
    ).encode(),
    "a name of two lines": json.dumps(report("a", name="Ada\n\u202eX")).encode(),
    "a long name": json.dumps(report("a", name="a" * 41)).encode(),
}  # fmt: skip


def test_garbage_is_refused_with_what_to_do(board: Board, clock: Clock) -> None:
    for what, body in BODIES.items():
        clock.on(seconds=1)
        answer = Laptop(board).raw(body)
        assert answer.status_code == 400, what
        assert answer.json()["error"], what
        assert answer.json()["remedy"], what
        assert EVIL not in answer.text
    assert seen(board)["learners"] == []


def test_what_is_too_large_is_not_read(board: Board) -> None:
    answer = Laptop(board).raw(b" " * (65 << 10))
    assert (answer.status_code, answer.json()["error"]) == (413, "That is more than 65536 bytes.")
    endless = (b" " * 65536 for _ in range(40))  # chunked: it does not say how long it is
    with pytest.raises(httpx.HTTPError):  # 413, or cut off before it could be read
        told = {"Authorization": f"Bearer {board.room.join_code}", "X-Labkit-Key": "k" * 16,
                "Content-Type": "application/json"}  # fmt: skip
        client().post(f"{board.url}/api/acts", content=endless, headers=told).raise_for_status()
    assert Laptop(board).send().status_code == 200


def test_the_join_code_shows_nothing(board: Board) -> None:
    told = {"Authorization": f"Bearer {board.room.join_code}"}
    for path in ("/api/board", "/api/events", "/api/export"):
        assert client().get(board.url + path).status_code == 401
        assert client().get(board.url + path, headers=told).status_code == 401
    assert client().post(f"{board.url}/api/forget", headers=told).status_code == 401
    page = client().post(f"{board.url}/enter", data={"code": board.room.join_code})
    assert page.status_code == 403
    assert "labkit-board" not in page.cookies
    laptop = Laptop(board)
    laptop.code = board.room.instructor_code
    assert laptop.send().status_code == 401, "and the instructor's code does not post"


def test_nobody_reports_as_another(board: Board) -> None:
    Laptop(board, "ada").send(act(10))
    other = Laptop(board, "ada", key="the key of another laptop")
    refused = other.send(act(20, outcome="passed"))
    assert (refused.status_code, refused.json()["error"]) == (
        403, "Another laptop reports as this learner.",
    )  # fmt: skip
    assert len(acts_of(board)) == 1
    assert Laptop(board, "ada", key="short").send().status_code == 400


def test_codes_are_not_guessed_and_a_room_behind_one_router_goes_on(
    board: Board, clock: Clock
) -> None:
    ada = Laptop(board, "ada")
    ada.send()
    guesser = Laptop(board, "guesser")
    guesser.code = "aaaa-aaaa"
    assert {guesser.send().status_code for _ in range(WRONG)} == {401}
    assert guesser.send().status_code == 429
    guesser.code = board.room.join_code
    assert guesser.send().status_code == 429, "not even with the right one: it tells nothing"
    assert client().post(f"{board.url}/enter", data={"code": "aaaa"}).status_code == 429
    assert ada.send(act(10)).status_code == 200
    clock.on(minutes=1)
    assert guesser.send().status_code == 200


def test_a_laptop_that_floods_is_slowed(board: Board, clock: Clock) -> None:
    laptop = Laptop(board)
    answers = [laptop.send() for _ in range(int(BURST) + 1)]
    assert [a.status_code for a in answers] == [200] * int(BURST) + [429]
    assert answers[-1].headers["retry-after"]
    assert Laptop(board, "another").send().status_code == 200
    clock.on(seconds=1)
    assert laptop.send().status_code == 200


def test_names_are_text_and_nothing_of_others_is_loaded(board: Board) -> None:
    Laptop(board).send(act(10), name=EVIL)
    session = entered(board)
    page = session.get("/")
    assert EVIL not in page.text
    assert EVIL in json.dumps(session.get("/api/board").json(), ensure_ascii=False)
    for path in ("/", "/page/board.js", "/page/board.css", "/api/board", "/page/../room.json"):
        answer = session.get(path)
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "http://" not in answer.text.replace(board.url, "")
    for path in ("/page/room.json", "/page/..%2froom.json", "/room.json"):
        assert session.get(path).status_code == 404


def test_a_projector_cannot_be_talked_into_names(board: Board) -> None:
    Laptop(board, "laptop-secret").send(act(10), name="Ada Thornbury")
    session = entered(board, "projector")
    for path in ("/api/board", "/api/board?view=instructor"):
        assert "Ada" not in session.get(path).text
    assert session.get("/api/export?names=1").status_code == 403
    assert session.post("/api/forget", headers={"x-labkit-board": "forget"}).status_code == 403
    cookie = session.cookies["labkit-board"]
    forged = {"Cookie": f"labkit-board={cookie.replace('projector', 'instructor')}"}
    assert client().get(f"{board.url}/api/board", headers=forged).status_code == 401


def test_a_cookie_ends_and_forgetting_ends_all_of_them(board: Board, clock: Clock) -> None:
    session, other = entered(board), entered(board, "projector")
    assert session.post("/api/forget").status_code == 403, (
        "a form of another page has no such header"
    )
    assert session.post("/api/forget", headers={"x-labkit-board": "forget"}).status_code == 200
    assert session.get("/api/board").status_code == 200, "who forgot goes on"
    assert other.get("/api/board").status_code == 401
    clock.on(hours=14)
    assert session.get("/api/board").status_code == 401
    answer = session.post("/enter", data={"code": board.room.instructor_code, "view": "x"})
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=strict" in kept
    assert kept.split("=")[1].startswith("projector"), "no names unless asked"


def test_a_laptop_that_says_nothing_holds_up_nobody(board: Board) -> None:
    where = urlsplit(board.url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as slow:
        slow.sendall(b"POST /api/acts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert Laptop(board).send(act(10)).status_code == 200
    assert seen(board)["learners"][0]["cells"][FIRST]["failed"] == 1


def test_nothing_is_answered_where_there_is_nothing(board: Board) -> None:
    assert client().get(f"{board.url}/api/acts").status_code == 405
    answer = client().get(f"{board.url}/docs")
    assert (answer.status_code, answer.json()["remedy"]) == (404, "The board is at /.")
