"""What the marker reads of a stranger's bytes, and what it refuses."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, HttpError, NetworkError, UsageError
from labkit.dicom import sample
from labkit.dimse import Status
from labkit.exercises import model
from labkit.workshop.marks.back import put_back
from labkit.workshop.marks.seat import Lent, Seat
from labkit.workshop.marks.talk import Asker, Remote, Silent
from labkit.workshop.marks.wire import LARGEST, NotTaken, Reader, Writer


def nothing(_: Any) -> Any:
    return None


def refuse(pid: Any) -> Any:
    raise AssertionError(pid)


def there_and_back(value: Any) -> Any:
    return Reader(Writer(nothing).written(value), refuse).load()


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 2.5, 1j, "Grünwäldchen", b"\x00\xff", bytearray(b"x"), (1, [2, {3: {4}}]),
        frozenset({1}), range(3), datetime(2026, 1, 15, 8), timedelta(minutes=41),
        Path("a/b"), Status(0x0000),
    ],
)  # fmt: skip
def test_plain_values_travel(value: object) -> None:
    assert there_and_back(value) == value
    assert type(there_and_back(value)) is type(value)


def test_data_sets_and_arrays_travel() -> None:
    ds = sample("ct-head").datasets("SR")[0]
    assert there_and_back(ds).to_json() == ds.to_json()
    array = np.arange(12, dtype="<i2").reshape(3, 4)
    assert np.array_equal(there_and_back(array), array)
    assert there_and_back(np.float64(2.5)) == 2.5


def test_errors_travel_as_the_nearest_class_that_is_known() -> None:
    error = there_and_back(HttpError("busy", status=503))
    assert (type(error), error.message, error.status) == (HttpError, "busy", 503)
    own = type("TheirError", (NetworkError,), {"__module__": "__main__"})
    assert type(there_and_back(own("gone"))) is NetworkError
    assert str(there_and_back(KeyError("a"))) == "'a'"


class Runs:
    """Reads as the call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._what = function, arguments

    def __reduce__(self) -> Any:
        return self._what


def opcodes(*parts: bytes) -> bytes:
    return pickle.PROTO + b"\x04" + b"".join(parts) + pickle.STOP


def named(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


VERDICT = named("labkit.exercises.model", "Verdict")
STATUS = named("labkit.dimse.status", "Status")


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Runs(eval, "1 + 1")),
        pickle.dumps(Runs(exec, "raise SystemExit")),
        pickle.dumps(Runs(getattr, "", "join")),
        pickle.dumps(Runs(__import__, "os")),
        pickle.dumps(Runs(Path.write_text, Path("x"), "y")),
        pickle.dumps(model.passed("I say so")),
        pickle.dumps(model.passed),
        opcodes(named("os", "system"), pickle.MARK, b"\x8c\x04true", pickle.TUPLE, pickle.REDUCE),
        opcodes(named("labkit.lab.launch", "stop_all")),
        opcodes(named("labkit.common.errors", "__builtins__")),
        opcodes(VERDICT),
        opcodes(STATUS, pickle.NONE, pickle.EMPTY_DICT, b"\x8c\x05value", pickle.NEWTRUE,
                pickle.SETITEM, pickle.TUPLE2, pickle.BUILD),
        opcodes(pickle.MARK, STATUS, pickle.OBJ),
        pickle.INST + b"labkit.dimse.status\nStatus\n" + pickle.STOP,
        b"no pickle at all",
        b"",
    ],
)  # fmt: skip
def test_nothing_else_is_made(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((NotTaken, pickle.UnpicklingError, EOFError, KeyError)):
        Reader(data, refuse).load()
    assert list(tmp_path.iterdir()) == []
    assert not hasattr(Status, "value")  # its class is what it was


def test_more_than_the_most_is_not_written() -> None:
    with pytest.raises(NotTaken, match="64 MB is the most"):
        Writer(nothing).written(bytes(LARGEST + 1))


@pytest.fixture
def talk() -> Any:
    """Both ends in one process, the learner's in a thread."""
    ours, theirs = Pipe()
    names: dict[str, Any] = {}
    seat = Seat(theirs, names)
    thread = Thread(target=seat.serve, daemon=True)
    thread.start()
    asker = Asker(ours, lambda which: which, limit=20)
    yield asker, names
    asker.finish()
    thread.join(20)
    ours.close()
    assert not thread.is_alive()


def test_a_function_stays_where_it_is_and_is_called_there(talk: Any) -> None:
    asker, names = talk
    names["double"] = lambda x: 2 * x
    there, double = asker.ask("name", "double")
    assert there
    assert isinstance(double, Remote)
    assert isinstance(double, Callable)  # type: ignore[arg-type]
    assert double(21) == 42
    assert asker.ask("evaluate", "...") is ...


def test_what_it_does_to_its_arguments_is_done_to_ours(talk: Any) -> None:
    asker, names = talk

    def change(ds: Dataset, memory: dict[str, int], rows: list[int]) -> Dataset:
        ds.PatientName = "X"
        del ds.PatientID
        ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        memory["a"] = 1
        rows.append(3)
        return ds

    names["change"] = change
    ds = sample("ct-head").datasets("CT")[0]
    memory: dict[str, int] = {}
    rows = [1, 2]
    found = asker.ask("name", "change")[1](ds, memory, rows)
    assert found is ds
    assert (ds.PatientName, "PatientID" in ds, memory, rows) == ("X", False, {"a": 1}, [1, 2, 3])
    assert ds.file_meta.MediaStorageSOPInstanceUID == "1.2.3"


def test_items_of_a_sequence_are_put_back() -> None:
    ours, theirs = Dataset(), Dataset()
    for ds in (ours, theirs):
        ds.VerifyingObserverSequence = [Dataset()]
    item = ours.VerifyingObserverSequence[0]
    theirs.VerifyingObserverSequence[0].VerifyingOrganization = "North General"
    put_back(ours, theirs)
    assert item.VerifyingOrganization == "North General"


def test_an_error_inside_is_the_same_error_here(talk: Any) -> None:
    asker, names = talk

    def fails() -> None:
        raise UsageError("not that", remedy="this")

    names["fails"] = fails
    with pytest.raises(UsageError, match="not that") as caught:
        asker.ask("name", "fails")[1]()
    assert caught.value.remedy == "this"


def test_a_generator_is_read_like_one(talk: Any) -> None:
    asker, names = talk
    names["each"] = lambda: (n for n in (1, 2, 3))
    assert list(asker.ask("name", "each")[1]()) == [1, 2, 3]


@pytest.mark.parametrize("error", [OSError("down"), EOFError("end"), ConnectionError("refused")])
def test_an_error_of_the_network_does_not_end_the_talk(talk: Any, error: Exception) -> None:
    asker, names = talk

    def fails() -> None:
        raise error

    names["fails"] = fails
    with pytest.raises(type(error)):
        asker.ask("name", "fails")[1]()
    assert asker.ask("evaluate", "1 + 1") == 2


def test_a_check_can_lend_a_function(talk: Any) -> None:
    asker, names = talk
    asked: list[str] = []
    names["reads"] = lambda fetch: fetch("a") + fetch("b")

    def fetch(name: str) -> str:
        asked.append(name)
        return name * 2

    assert asker.ask("name", "reads")[1](fetch) == "aabb"
    assert asked == ["a", "b"]


@pytest.mark.parametrize("attribute", ["__globals__", "__self__", "_secret", "__class__"])
def test_what_is_lent_has_no_way_into_the_marker(talk: Any, attribute: str) -> None:
    asker, names = talk

    def steal(lent: Lent) -> Any:
        return lent._seat.use(lent._number, attribute, None, {})

    names["steal"] = steal
    with pytest.raises(DataError, match="cannot be asked"):
        asker.ask("name", "steal")[1](lambda: None)


def test_an_object_that_is_equal_to_everything_is_equal_to_itself(talk: Any) -> None:
    asker, names = talk

    class Yes(str):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    names["answer"] = Yes("x")
    answer = asker.ask("name", "answer")[1]
    assert answer != "NG2600101"
    assert not isinstance(answer, str)


def test_a_process_that_says_nothing_is_waited_for_and_left(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    with pytest.raises(Silent, match="more than 0 s"):
        Asker(ours, nothing, limit=0.05).ask("slugs")
    theirs.close()
    with pytest.raises(Silent, match="has ended"):
        Asker(ours, nothing, limit=5).ask("slugs")


def test_a_late_answer_is_not_taken_for_that_of_the_next_question() -> None:
    ours, theirs = Pipe()
    asker = Asker(ours, nothing, limit=0.05)
    with pytest.raises(Silent):
        asker.ask("slugs")
    theirs.send_bytes(Writer(nothing).written(("answer", ["echo-archive"])))
    with pytest.raises(Silent, match="more than 0 s"):
        asker.ask("take", "echo-archive")
    assert asker.silent
