"""The parts of the rooms, one by one: codes, guesses, many at once, the page."""

from __future__ import annotations

import json
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.workshop.guesses import Guesses
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.command import wanted
from labkit.workshop.rooms.house import State
from labkit.workshop.rooms.memory import costs
from labkit.workshop.rooms.portal import KEY_HEADER, Portal
from labkit.workshop.rooms.record import Record, Room
from labkit.workshop.rooms.serve import listening_at
from labkit.workshop.rooms.together import together


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_address_that_guesses_has_to_wait_and_others_need_not() -> None:
    clock = Clock()
    guesses = Guesses(clock, each=3, everybody=5, seconds=60)
    assert [guesses.attempt("a", False) for _ in range(4)] == [0, 0, 0, 60]
    assert (guesses.attempt("a", True), guesses.attempt("b", True)) == (60, 0)
    assert guesses.attempt("a", False, excused=True) == 0, "it is let through, and does not count"
    clock.now += 59
    assert guesses.attempt("a", True) == 1
    clock.now += 1
    assert guesses.attempt("a", True) == 0


def test_many_addresses_that_guess_shut_the_page_for_all_where_that_is_wanted() -> None:
    clock = Clock()
    guesses = Guesses(clock, each=3, everybody=5, seconds=60)
    assert {guesses.attempt(f"a{number}", False) for number in range(5)} == {0}
    assert guesses.attempt("somebody else", True) == 60
    open_one = Guesses(clock, each=3, everybody=None, seconds=60)
    assert {open_one.attempt(f"b{number}", False) for number in range(3000)} == {0}
    assert len(open_one._wrong) == 2000


def test_guesses_that_come_at_once_are_counted_one_by_one() -> None:
    guesses = Guesses(Clock(), each=10, everybody=None, seconds=60)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: guesses.attempt("a", False), range(80)))
    assert (waits.count(0), waits.count(60)) == (10, 70)


def test_a_record_is_kept_private_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "rooms.json"
    record, code = Record(port=8123).with_room(Room.new("ada")).with_new_instructor()
    record.write(path)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Record.read(path)
    assert again == record
    assert again.is_instructor(code.upper()) and not again.is_instructor("")
    assert not Record().is_instructor("")
    text = path.read_text()
    assert code not in text and code.replace("-", "") not in text
    assert again.rooms["ada"].token not in repr(again)


def test_a_code_opens_its_own_room_and_no_other() -> None:
    record = Record()
    for name in ("ada", "bo", "cy"):
        record = record.with_room(Room.new(name))
    for name, room in record.rooms.items():
        found = record.room_of(room.code.upper().replace("-", " "))
        assert found is not None and found.name == name
        assert record.room_of(room.code[:-1]) is None
        assert record.room_of(room.token) is None
    assert record.room_of("") is None
    assert len({room.token for room in record.rooms.values()}) == 3


@pytest.mark.parametrize("text", ["", "[]", '{"format": "x"}', '{"format": "labkit-rooms/1"}'])
def test_a_damaged_record_is_said_and_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rooms.json"
    path.write_text(text)
    with pytest.raises(LabError, match="cannot be used") as caught:
        Record.read(path)
    assert "another code" in caught.value.remedy
    assert path.read_text() == text


def test_who_does_not_answer_holds_nobody_up() -> None:
    free = threading.Event()
    told: list[str] = []

    def act(name: str) -> str:
        if name == "stuck":
            free.wait(60)
        if name == "bad":
            raise LabError("It is down.", remedy="Start it.")
        if name == "worse":
            raise ValueError("boo")
        return f"done {name}"

    names = ["stuck", "bad", "worse", *(f"n{number}" for number in range(10))]
    found = together(names, act, patience=0.3, at_once=2, tell=lambda one: told.append(one.name))
    free.set()
    assert [one.name for one in found] == names
    assert sorted(told) == sorted(names)
    assert [(one.ok, one.said) for one in found[:4]] == [
        (False, "no answer within 0 s"), (False, "It is down. Start it."),
        (False, "ValueError: boo"), (True, "done n0"),
    ]  # fmt: skip
    assert all(one.ok for one in found[3:])


class FakeHouse:
    """As much of a house as the page asks."""

    def __init__(self, folder: Path) -> None:
        self.workshop = Workshop(folder)
        folder.mkdir(exist_ok=True)
        text = (
            '[workshop]\ntitle = "A <b> day"\n[release]\nnotebooks = ["beginner/07_send.ipynb"]\n'
        )
        self.workshop.file.write_text(text)
        made = Record(port=1).with_room(Room("ada", "aaaa-2222", "token-ada", 7001))
        made = made.with_room(Room("bo", "bbbb-3333", "token-bo", 7002))
        self.record, self.code = made.with_new_instructor()
        self.broken = ""
        self.ended = False

    def open(self, name: str) -> Room:
        if self.broken:
            raise LabError(self.broken, remedy="Wait.")
        return self.record.rooms[name]

    def states(self) -> list[State]:
        return [State("ada", "well", "all <i>", True), State("bo", "ill", "ARCHIVE: off", False)]

    def close_all(self) -> list[Any]:
        self.ended = True
        return []

    def change(self, change: Any) -> None:
        self.record = change(self.record)


@pytest.fixture
def house(tmp_path: Path) -> FakeHouse:
    return FakeHouse(tmp_path / "w")


@pytest.fixture
def page(house: FakeHouse) -> TestClient:
    clock = Clock()
    portal = Portal(house, lambda: None, clock)  # type: ignore[arg-type]
    client = TestClient(portal.app(), base_url="http://127.0.0.1:80", follow_redirects=False)
    client.clock = clock
    return client


def test_a_code_leads_into_the_room(page: TestClient) -> None:
    shown = page.get("/")
    assert "A &lt;b&gt; day" in shown.text and "token" not in shown.text
    assert "ada" not in shown.text
    led = page.post("/", data={"code": " AAAA 2222 "})
    assert led.status_code == 303
    assert led.headers["location"] == (
        "http://127.0.0.1:7001/lab/tree/notebooks/beginner/07_send.ipynb?token=token-ada"
    )
    for answer in (shown, led):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_wrong_codes_are_refused_and_then_not_even_looked_at(page: TestClient) -> None:
    for number in range(10):
        assert page.post("/", data={"code": f"wrong{number}"}).status_code == 403
    shut = page.post("/", data={"code": "aaaa-2222"})
    assert shut.status_code == 429 and shut.headers["retry-after"] == "60"
    assert "location" not in shut.headers
    assert page.post("/instructor", data={"code": "x"}).status_code == 429
    page.clock.now += 61
    assert page.post("/", data={"code": "aaaa-2222"}).status_code == 303


@pytest.mark.parametrize("body", [b"", b"code", b"code=%ff%00", b"x=1", b"code=" + b"a" * 100_000])
def test_whatever_is_sent_as_a_code_is_refused(page: TestClient, body: bytes) -> None:
    assert page.post("/", content=body).status_code == 403
    assert page.post("/instructor", content=body).status_code == 403


def test_the_instructors_page_is_shown_to_the_instructors_code_alone(
    page: TestClient, house: FakeHouse
) -> None:
    assert "aaaa-2222" not in page.get("/instructor").text
    assert page.post("/instructor", data={"code": "aaaa-2222"}).status_code == 403
    into = page.get("/instructor/room/ada")
    assert (into.status_code, into.headers["location"]) == (303, "/instructor")
    page.cookies.set("labkit-rooms", "", path="/instructor")
    assert "aaaa-2222" not in page.get("/instructor").text
    page.cookies.clear()

    entered = page.post("/instructor", data={"code": house.code})
    assert entered.status_code == 303
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert "samesite=strict" in entered.headers["set-cookie"].lower()
    text = page.get("/instructor").text
    assert "aaaa-2222" in text and "bbbb-3333" in text and "<strong>1 of 2</strong>" in text
    assert "all &lt;i&gt;" in text and "ARCHIVE: off" in text and "token-" not in text
    assert page.get("/instructor/room/bo").headers["location"].endswith("token=token-bo")
    assert page.get("/instructor/room/eve").status_code == 404


def test_a_room_that_cannot_be_opened_is_said(page: TestClient, house: FakeHouse) -> None:
    house.broken = "The disk is full."
    answer = page.post("/", data={"code": "aaaa-2222"})
    assert answer.status_code == 503 and "The disk is full." in answer.text


def test_another_host_name_gets_nothing_on_loopback(page: TestClient) -> None:
    assert page.get("/", headers={"host": "evil.example"}).status_code == 400


def test_the_control_interface_wants_its_key(page: TestClient, house: FakeHouse) -> None:
    assert page.post("/control/stop", json={}).status_code == 401
    assert page.post("/control/stop", json={}, headers={KEY_HEADER: "x"}).status_code == 401
    assert not house.ended
    key = {KEY_HEADER: house.record.key}
    opened = page.post("/control/open", json={"name": "bo"}, headers=key)
    assert opened.json() == {"name": "bo", "code": "bbbb-3333", "port": 7002}
    assert page.post("/control/fly", json={}, headers=key).status_code == 400
    entered = page.post("/instructor", data={"code": house.code})
    assert entered.status_code == 303
    made = page.post("/control/instructor", json={}, headers=key).json()["code"]
    assert house.record.is_instructor(made) and not house.record.is_instructor(house.code)
    assert "aaaa-2222" not in page.get("/instructor").text, "who was in is out"
    assert page.post("/control/stop", json={}, headers=key).status_code == 200
    assert house.ended


def test_addresses_and_ports_that_cannot_be_had() -> None:
    with pytest.raises(UsageError, match="is no address"):
        listening_at("my-laptop", 0, exactly=False)
    with pytest.raises(UsageError, match="Nothing can be served at"):
        listening_at("192.0.2.7", 0, exactly=False)
    with listening_at("127.0.0.1", 0, exactly=False) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            listening_at("127.0.0.1", port, exactly=True)
        with listening_at("127.0.0.1", port, exactly=False) as other:
            assert other.getsockname()[1] != port


def test_who_gets_a_room(tmp_path: Path) -> None:
    workshop, names = Workshop(tmp_path / "w"), tmp_path / "names.txt"
    assert wanted(workshop, 2, None) == ("learner-01", "learner-02")
    names.write_text("\ufeffada  # the first\n\n  bo\n", encoding="utf-8")
    assert wanted(workshop, None, names) == ("ada", "bo")
    for text, says in (("a/b", "cannot be the name"), ("ada\nAda", "twice"), ("# x", "nobody")):
        names.write_text(text)
        with pytest.raises(UsageError, match=says):
            wanted(workshop, None, names)
    with pytest.raises(UsageError, match="cannot be read"):
        wanted(workshop, None, tmp_path / "gone")
    with pytest.raises(UsageError, match="no learners yet"):
        wanted(workshop, None, None)
    with pytest.raises(UsageError, match="Say how many, or name them"):
        wanted(workshop, 2, names)
    workshop.learner("cy").mkdir(parents=True)
    assert wanted(workshop, None, None) == ("cy",)


def test_memory_is_said_where_the_system_tells(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not say"):
        costs(Workshop(tmp_path), proc=tmp_path)
    if Path("/proc/self/smaps_rollup").exists():
        assert costs(Workshop(tmp_path)) == []


def test_json_of_a_state_is_plain() -> None:
    state = State("ada", "well", "x", True)
    assert json.loads(json.dumps(state.to_json()))["jupyter"] is True
