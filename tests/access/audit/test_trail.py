"""The trail: what was answered is there, and what was done to it is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from labkit.access.audit import AuditError, AuditTrail, TrailReader, audit_key
from labkit.access.audit.chain import Sealer, canonical, digest
from labkit.common.errors import DataError, LabError
from tests.access.audit.conftest import KEY, Clock

PUBLIC = Sealer(KEY).public


def filled(trail: AuditTrail, count: int = 6) -> None:
    for number in range(count):
        what = {"StudyInstanceUID": f"1.2.{number}", "PatientID": f"P{number}"}
        trail.append({"kind": "access", "allowed": True, "event": "Query", "what": what})


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "audit-000001.jsonl").read_bytes().splitlines()


def put(folder: Path, lines: list[bytes]) -> None:
    (folder / "audit-000001.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def test_records_are_there_and_hold_each_other(trail: AuditTrail, folder: Path) -> None:
    filled(trail)
    assert [record["seq"] for record in trail.records()] == [1, 2, 3, 4, 5, 6]
    found = TrailReader(folder, PUBLIC).verify()
    assert found
    assert found.records == 6
    assert found.clock_back == ()
    assert str(found) == "6 records, none altered, removed, reordered or cut off"


def test_follow_of_patient_and_since(trail: AuditTrail, clock: Clock) -> None:
    filled(trail, 3)
    trail.append({"kind": "result", "of": 1, "allowed": True, "reason": "",
                  "shown": {"count": 1, "studies": ["1.2.1"], "patients": ["P1"]},
                  "withheld": {"count": 1, "studies": ["1.2.0"], "patients": ["P0"]}})  # fmt: skip
    assert [r["seq"] for r in trail.follow("1.2.1")] == [1, 2, 4]  # with the search itself
    assert [r["seq"] for r in trail.follow("1.2.2")] == [3]
    assert [r["seq"] for r in trail.of_patient("P0")] == [1]  # withheld is not disclosed
    assert [r["seq"] for r in trail.records(since=2)] == [3, 4]
    assert [r["seq"] for r in trail.records(since=clock.now)] == [4]


def altered(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"P2", b"P9"), *lines[3:]]


def rehashed(lines: list[bytes]) -> list[bytes]:
    record = json.loads(altered(lines)[2])
    record["hash"] = digest(record)
    return [*lines[:2], canonical(record), *lines[3:]]


def made_anew(lines: list[bytes]) -> list[bytes]:
    """Record 3 altered, and all that follow sealed with a key of one's own."""
    other, out, previous = Sealer(b"x" * 32), lines[:2], json.loads(lines[1])["hash"]
    for line in altered(lines)[2:]:
        record = {**json.loads(line), "prev": previous}
        record["hash"] = previous = digest(record)
        out.append(canonical({**record, "seal": other.seal(previous)}))
    return out


@pytest.mark.parametrize(
    ("change", "fault", "number"),
    [
        (altered, "altered", 3),
        (rehashed, "forged", 3),
        (made_anew, "forged", 3),
        (lambda lines: [*lines[:2], b"{}", *lines[3:]], "altered", 3),
        (lambda lines: [*lines[:2], *lines[3:]], "removed", 3),
        (lambda lines: lines[1:], "removed", 1),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "reordered", 2),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "reordered", 4),
        (lambda lines: lines[:-1], "cut off", 6),
        (lambda lines: lines[:1], "cut off", 2),
    ],
)
def test_the_first_record_at_fault_is_named(
    trail: AuditTrail, folder: Path, change: Callable[[list[bytes]], list[bytes]],
    fault: str, number: int,
) -> None:  # fmt: skip
    filled(trail)
    put(folder, change(lines_of(folder)))
    found = trail.verify()
    assert (found.fault, found.record) == (fault, number), found
    assert not found
    assert found.records == number - 1


def test_a_trail_put_together_from_two_is_told(folder: Path, tmp_path: Path, clock: Clock) -> None:
    for each in (folder, tmp_path / "other"):
        with AuditTrail(each, clock=clock, key=KEY) as trail:
            filled(trail)
    put(folder, [*lines_of(folder)[:3], *lines_of(tmp_path / "other")[3:]])
    found = TrailReader(folder, PUBLIC).verify()
    assert (found.fault, found.record) == ("replaced", 4)


def test_an_older_state_put_back_whole_needs_a_witness(trail: AuditTrail, folder: Path) -> None:
    filled(trail, 3)
    old = {path.name: path.read_bytes() for path in folder.glob("*.json*")}
    filled(trail, 3)
    witness = trail.verify().head
    for name, data in old.items():
        (folder / name).write_bytes(data)
    reader = TrailReader(folder, PUBLIC)
    assert reader.verify()  # this is what it cannot see by itself
    found = reader.verify(witness)
    assert (found.fault, found.record) == ("cut off", 4)


def test_a_head_that_is_missing_or_made_up_is_told(trail: AuditTrail, folder: Path) -> None:
    filled(trail)
    head = folder / "head.json"
    made_up = json.loads(head.read_bytes()) | {"seq": 2}
    made_up["hash"] = digest(made_up)
    for content in (canonical(made_up), b"{}", None):
        head.unlink() if content is None else head.write_bytes(content)
        found = trail.verify()
        assert (found.fault, found.record) == ("cut off", 7)


def test_another_key_is_not_the_trails(trail: AuditTrail, folder: Path) -> None:
    filled(trail)
    found = TrailReader(folder, Sealer(b"x" * 32).public).verify()
    assert (found.fault, found.record) == ("forged", 1)


def test_a_clock_that_goes_back_is_no_fault_of_the_trail(trail: AuditTrail, clock: Clock) -> None:
    filled(trail, 2)
    clock.now -= timedelta(hours=1)
    filled(trail, 2)
    found = trail.verify()
    assert found
    assert found.clock_back == (3,)


def test_a_torn_last_line_is_kept_aside_and_told(
    trail: AuditTrail, folder: Path, again: Callable[[], AuditTrail]
) -> None:
    filled(trail, 3)
    trail.close()
    with (folder / "audit-000001.jsonl").open("ab") as file:
        file.write(b'{"seq":4,"kind":"acc')
    assert TrailReader(folder, PUBLIC).verify().records == 3
    trail = again()
    assert [r["seq"] for r in trail.records()] == [1, 2, 3, 4]
    told = list(trail.records())[-1]
    assert told["event"] == "SecurityAlert"
    assert "20 bytes was cut short" in told["reason"]
    assert [p.read_bytes() for p in folder.glob("torn-*")] == [b'{"seq":4,"kind":"acc']
    assert trail.verify()


def test_files_are_rotated_and_the_chain_goes_on(folder: Path, clock: Clock) -> None:
    with AuditTrail(folder, clock=clock, key=KEY, limit=2000) as trail:
        filled(trail, 20)
        assert trail.verify().records == 20
    files = sorted(folder.glob("audit-*.jsonl"))
    assert len(files) > 3
    with AuditTrail(folder, clock=clock, key=KEY, limit=2000) as trail:
        filled(trail, 1)
        assert trail.verify().records == 21
        first = json.loads(files[1].read_bytes().splitlines()[0])["seq"]
        files[1].unlink()
        found = trail.verify()
    assert (found.fault, found.record) == ("removed", first)


def test_many_threads_make_one_chain(folder: Path, clock: Clock) -> None:
    lock = threading.Lock()

    def locked() -> object:
        with lock:
            return clock()

    with AuditTrail(folder, clock=locked, key=KEY, limit=20_000) as trail:  # type: ignore[arg-type]
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(trail.append, {"kind": "access", "n": n}) for n in range(200)]
        assert sorted(each.result()["seq"] for each in waiting) == list(range(1, 201))
        found = trail.verify()
        assert found.records == 200
        assert found


WRITER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from labkit.access.audit import AuditTrail
clock = lambda: datetime.now(timezone.utc)
trail = AuditTrail(Path(sys.argv[1]), clock=clock, key=bytes(range(32)))
while True:
    print(trail.append({"kind": "access", "text": "x" * 500})["seq"], flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_what_was_answered_before_a_kill_is_there(
    folder: Path, again: Callable[[], AuditTrail]
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(50):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    answered = 50 + len([line for line in writer.stdout if line.endswith("\n")])
    writer.wait()
    trail = again()
    found = trail.verify()
    assert found, found
    assert found.records >= answered
    filled(trail, 1)
    assert trail.verify()


def test_one_process_at_a_time(trail: AuditTrail, folder: Path, clock: Clock) -> None:
    with pytest.raises(LabError, match="Another process"):
        AuditTrail(folder, clock=clock, key=KEY)


def test_a_full_disk_refuses_and_leaves_no_half_line(
    trail: AuditTrail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    filled(trail, 2)
    real, left = os.write, [10]  # bytes for which there is room

    def full(fd: int, data: bytes) -> int:
        if not left:
            raise OSError(28, "No space left on device")
        return real(fd, bytes(data)[: left.pop()])

    with monkeypatch.context() as patched:
        patched.setattr("labkit.access.audit.trail.os.write", full)
        with pytest.raises(AuditError, match="No space left"):
            filled(trail, 1)
    assert trail.verify().records == 2
    filled(trail, 1)  # there is room again
    assert trail.verify().records == 3
    assert trail.verify()


def test_a_failed_sync_is_for_good(trail: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(trail, "_to_disk", broken)
        with pytest.raises(AuditError, match="Input/output"):
            filled(trail, 1)
    with pytest.raises(AuditError, match="cannot be synced"):
        filled(trail, 1)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"
    first = Sealer(audit_key(path)).public
    assert Sealer(audit_key(path)).public == first
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    with pytest.raises(DataError):
        audit_key(path)
