"""What goes wrong on a learner's machine ends in a line that says what to do, in a real kernel.

And progress is never lost.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from labkit.exercises.find import find
from labkit.exercises.journal import Journal
from labkit.lab import launch
from labkit.lab.lock import FileLock
from labkit.lab.workspace import Workspace
from tests.effort import effort, record
from tests.resilience.disks import small_disk
from tests.resilience.notebook import Notebook, Shown, asleep, notebook

RESTARTS = effort(1, 20)
CHECKS = effort(5, 200)
SLUG = "echo-archive"
FIRST = "from labkit import check, hint, open_lab, progress, solution\n\nlab = open_lab()\nlab"
ABOVE = f"{FIRST}\nfrom labkit.dimse import echo"
ABOUT = find(SLUG).load().exercise
CHECK = f'{ABOUT.reference}\ncheck("{SLUG}", {ABOUT.answer})'
RUN_ABOVE = "Run All Above Selected Cell"

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts are POSIX"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace.at(tmp_path_factory.mktemp("learner") / "lab")
    yield made
    launch.stop(made)


@pytest.fixture(scope="module")
def book(workspace: Workspace) -> Iterator[Notebook]:
    with notebook(workspace.root) as made:
        first = made.run(FIRST)
        assert "All 6 services are healthy" in first.text, first.text
        made.run(ABOVE)
        yield made


def acts(workspace: Workspace) -> list[dict[str, str]]:
    text = workspace.progress.read_text(encoding="utf-8") if workspace.progress.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def passed(shown: Shown) -> bool:
    return "[PASSED]" in shown.text and not shown.error


def test_a_kernel_restarted_in_the_middle(book: Notebook, workspace: Workspace) -> None:
    for _ in range(RESTARTS):
        assert passed(book.run(CHECK))
        before = acts(workspace)
        book.begin("import time; time.sleep(600)")  # in the middle of a cell
        book.restart()
        shown = book.run(CHECK)
        assert shown.error == "NameError"
        assert RUN_ABOVE in shown.text.splitlines()[-1], shown.text
        assert "what you have solved is kept" in shown.text
        book.run(ABOVE)
        assert f"{SLUG}" not in book.run("str(progress().table[1])").text
        assert acts(workspace) == before
        assert passed(book.run(CHECK))
    record("learner", what="kernel restarted", times=RESTARTS, told=RUN_ABOVE)


def test_cells_out_of_order(book: Notebook) -> None:
    shown = book.run("print(answer_of_a_cell_below)")
    assert shown.error == "NameError" and RUN_ABOVE in shown.text.splitlines()[-1]
    assert "answer_of_a_cell_below" in shown.text
    shown = book.run("import json\njson.loads('{')")
    assert RUN_ABOVE not in shown.text, "another error is not explained by it"
    record("learner", what="cells out of order", times=1, told=RUN_ABOVE)


def test_two_notebooks_at_once(book: Notebook, workspace: Workspace) -> None:
    many = f"for _ in range({CHECKS}):\n    _v = check('{SLUG}', echo(lab.archive))\n_v"
    before = len(acts(workspace))
    with notebook(workspace.root) as other:
        assert "All 6 services are healthy" in other.run(FIRST).text
        other.run(ABOVE)
        sent = [(each, each.begin(many)) for each in (book, other)]
        assert all(passed(each.end(cell)) for each, cell in sent)
        # One deletes what the other looks at: it is told, and goes on.
        other.run("lab.reset()")
    assert len(acts(workspace)) == before + 2 * CHECKS, "an act is lost"
    assert passed(book.run(CHECK))
    record("learner", what="two notebooks at once", times=2 * CHECKS, told="")


def test_a_laptop_that_sleeps(book: Notebook, workspace: Workspace) -> None:
    """Kernel and lab stand still, and the time of day has gone on when they wake."""
    lab = launch.find(workspace)
    assert lab is not None
    with asleep(lab.pid, book.pid):
        sent = book.begin(CHECK)
        time.sleep(1.0)  # asleep, not waited for: nothing of the test rests on how long
    assert passed(book.end(sent))
    sent = book.begin(CHECK)
    with asleep(lab.pid):
        time.sleep(1.0)
    shown = book.end(sent)
    assert passed(shown) or "->" in shown.text
    assert passed(book.run(CHECK))
    again = launch.find(workspace)
    assert again is not None and again.pid == lab.pid, "the same lab serves"
    record("learner", what="laptop asleep", times=2, told="")


def test_a_clock_that_jumps_costs_no_progress(tmp_path: Path) -> None:
    now = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
    jumps = [0, 8 * 3600, -40 * 86400, 400 * 86400, -1]
    times = iter([now + timedelta(seconds=s) for s in jumps])
    journal = Journal(tmp_path / "progress.jsonl", clock=lambda: next(times))
    for number in range(len(jumps)):
        assert journal.add("check", f"slug-{number}", outcome="passed") == ""
    assert journal.solved() == {f"slug-{n}" for n in range(len(jumps))}


def test_the_lab_deleted_under_the_notebook(book: Notebook, workspace: Workspace) -> None:
    assert passed(book.run(CHECK))
    before = acts(workspace)
    lock = FileLock(workspace.lock)
    for path in list(workspace.root.iterdir()):
        if path != workspace.progress:
            # The lab still runs: its SQLite takes files away while they are deleted.
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    deadline = time.monotonic() + 60
    shown = book.run("lab.reset()")
    while shown.error != "LabNotRunning" and time.monotonic() < deadline:  # it soon notices
        assert not shown.error or "->" in shown.text, shown.text
        shown = book.run("lab.reset()")
    assert shown.error == "LabNotRunning", shown.text
    assert "open_lab()" in shown.text.splitlines()[-1], shown.text
    assert "open_lab()" in book.run("lab").text
    # A check starts what it needs itself, or says what to do; it never blames the learner.
    shown = book.run(f'check("{SLUG}", None)')
    assert not shown.error, shown.text
    assert "open_lab" in shown.text or "NOT YET" in shown.text, shown.text
    assert "All 6 services are healthy" in book.run(FIRST).text
    assert passed(book.run(CHECK))
    kept = acts(workspace)
    assert kept[: len(before)] == before
    assert lock.held()
    record("learner", what="lab deleted", times=1, told="open_lab()")


def test_a_full_home_folder(tmp_path: Path) -> None:
    with small_disk(tmp_path / "home", 64) as disk:
        workspace = Workspace.at(disk.path / "lab")
        try:
            with notebook(workspace.root) as book:
                assert "healthy" in book.run(FIRST).text
                book.run(ABOVE)
                assert passed(book.run(CHECK))
                before = acts(workspace)
                disk.fill()
                # Fill up what is left of the last block of each file as well.
                with workspace.progress.open("ab", buffering=0) as file:
                    end = file.tell()
                    file.write(b" " * (4096 - end % 4096))
                assert "healthy" in book.run(FIRST).text, "a lab that runs can be joined"
                for cell in (CHECK, f'check("{SLUG}", None)'):
                    shown = book.run(cell)
                    assert not shown.error
                    assert "Free some space" in shown.text or "Make room" in shown.text, shown.text
                shown = book.run("lab.reset()")
                assert shown.error == "LabError" and "Free some space" in shown.text
                os.truncate(workspace.progress, end)
                disk.empty()
                assert passed(book.run(CHECK))
            kept = acts(workspace)
            assert kept[: len(before)] == before and len(kept) > len(before)
        finally:
            launch.stop(workspace)
    record("learner", what="home folder full", times=1, told="Free some space")


def test_an_act_that_found_no_room_is_saved_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "home", 1) as disk:
        journal = Journal(disk.path / "lab" / "progress.jsonl")
        assert journal.add("check", "before", outcome="passed") == ""
        disk.fill()
        told = [journal.add("check", f"full-{n:03d}" + "x" * 500, outcome="passed")
                for n in range(20)]  # fmt: skip
        assert "No space left on device" in told
        assert len(journal.solved()) == 21, "it counts meanwhile"
        disk.empty()
        assert journal.add("check", "after", outcome="passed") == ""
        assert journal.unsaved == []
        again = Journal(journal.path)
        assert len(again.solved()) == 22
        slugs = [act["slug"] for act in again if act["slug"].startswith("full")]
        assert slugs == sorted(set(slugs)), "each once, in their order"
        record("learner", what="progress on a full disk", times=20, told="")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("unshare"),
    reason="taking the network away needs the superuser",
)
def test_no_network(tmp_path: Path) -> None:
    """Loopback alone, as in an aeroplane: a lesson works, and what it cannot reach is named."""
    script = tmp_path / "lesson.py"
    script.write_text(
        "from labkit import check, open_lab\n"
        "from labkit.dimse import Peer, echo\n"
        "from labkit.fhir import FhirClient\n"
        "from labkit.common.errors import NetworkError\n"
        "lab = open_lab()\n"
        "assert lab.health(), lab.health()\n"
        f"verdict = check('{SLUG}', echo(lab.archive))\n"
        "assert verdict.outcome == 'passed', verdict\n"
        "acts = (lambda: echo(Peer('PACS', 'pacs.example.org', 104), timeout=10),\n"
        "        lambda: echo(Peer('PACS', '192.0.2.1', 104), timeout=10),\n"
        "        lambda: FhirClient('https://fhir.example.org/r4', timeout=10).capabilities())\n"
        "for act in acts:\n"
        "    try:\n"
        "        act()\n"
        "    except NetworkError as error:\n"
        "        print('TOLD', error.remedy)\n",
        encoding="utf-8",
    )
    workspace = Workspace.at(tmp_path / "lab")
    up = 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"'
    command = ["unshare", "-n", "sh", "-c", up, "sh", sys.executable, str(script)]
    env = {**os.environ, "LABKIT_WORKSPACE": str(workspace.root), "LABKIT_LEARNER": "ada"}
    env.pop("LABKIT_ANSWERS", None)
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    finally:
        launch.stop(workspace)
    if "unshare" in done.stderr and "failed" in done.stderr:
        pytest.skip("this machine does not let us take the network away")
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    assert len(told) == 3 and all(len(line) > 15 for line in told), done.stdout
    assert len(acts(workspace)) == 1
    record("learner", what="no network", times=3, told=told[0].removeprefix("TOLD "))


def test_threads_of_one_kernel_lose_no_act(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "progress.jsonl")

    def work(who: int) -> None:
        for number in range(CHECKS):
            journal.add("check", f"{who}-{number}", outcome="passed")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(Journal(journal.path).solved() | journal.solved()) == 4 * CHECKS
