from pathlib import Path

from labkit.dimse import AssociationTrace, Endpoint
from labkit.lab.health import HEALTH_AE
from labkit.lab.traces import TraceStore


def trace(calling: str = "LEARNER") -> AssociationTrace:
    return AssociationTrace(node="ARCHIVE", requestor=Endpoint(calling), end="released")


def test_newest_last_and_only_what_is_asked_for(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    for calling in ("ONE", "TWO", "THREE"):
        store.sink("ARCHIVE")(trace(calling))
    store.sink("LEGACY")(trace("OTHER"))

    def titles(**which: int) -> list[str]:
        return [t["requestor"]["ae_title"] for t in store.newest("ARCHIVE", **which)]

    assert titles() == ["ONE", "TWO", "THREE"]
    assert titles(last=2) == ["TWO", "THREE"]
    assert titles(since=2) == ["THREE"]
    assert titles(since=3) == []
    assert store.count("ARCHIVE") == 3
    assert store.count("NOBODY") == 0


def test_the_oldest_go(tmp_path: Path) -> None:
    store = TraceStore(tmp_path, keep=2)
    for _ in range(5):
        store.sink("ARCHIVE")(trace())
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "ARCHIVE-000004.json",
        "ARCHIVE-000005.json",
    ]


def test_health_checks_are_not_kept(tmp_path: Path) -> None:
    store = TraceStore(tmp_path)
    store.sink("ARCHIVE")(trace(HEALTH_AE))
    assert store.count("ARCHIVE") == 0


def test_numbers_go_on_after_a_restart_and_begin_again_after_a_reset(tmp_path: Path) -> None:
    TraceStore(tmp_path).sink("ARCHIVE")(trace())
    (tmp_path / "not-a-trace.json").write_text("{}")
    again = TraceStore(tmp_path)
    again.sink("ARCHIVE")(trace())
    assert again.count("ARCHIVE") == 2
    again.clear()
    assert again.newest("ARCHIVE") == []
    assert again.count("ARCHIVE") == 0
