import subprocess
import sys
from pathlib import Path

from labkit.lab.lock import FileLock

HOLD = """
import sys, time
from pathlib import Path
from labkit.lab.lock import FileLock
assert FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert not second.held()
    assert first.acquire()
    assert first.held() and second.held()
    assert not second.acquire(patience=0.05)
    first.release()
    assert not second.held()
    assert second.acquire()
    second.release()


def test_holder_is_known_while_it_lives_and_not_after_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        assert FileLock(path).holder() == process.pid
        process.kill()
        process.wait()
    assert path.read_text().strip() == str(process.pid)
    assert FileLock(path).holder() is None


def test_lock_file_with_rubbish_in_it_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = FileLock(path)
    assert lock.acquire()
    path.write_text("rubbish")
    assert FileLock(path).holder() is None
    lock.release()


def test_a_holder_knows_when_its_file_is_gone(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "folder" / "lock")
    assert not lock.in_place()
    lock.path.parent.mkdir()
    assert lock.acquire()
    assert lock.in_place()
    lock.path.parent.rename(tmp_path / "elsewhere")
    assert not lock.in_place()
    lock.path.parent.mkdir()
    lock.path.write_text("another")
    assert not lock.in_place()
    lock.release()
