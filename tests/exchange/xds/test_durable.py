"""What was acknowledged is there after kill -9; what was not is whole, or not there at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labkit.exchange.parties import NORTH
from labkit.exchange.xds import DocumentRequest, Registry, Repository, Submission
from labkit.exchange.xds.model import DocumentEntry, SubmissionSet
from labkit.exchange.xds.names import APPROVED
from labkit.exchange.xds.problems import XdsError
from tests.exchange.xds.conftest import MARIGOLD, Domain, document, submission_set

PROVIDE = """
import sys
from pathlib import Path
from labkit.exchange.parties import NORTH
from labkit.exchange.xds import Registry, Repository, Submission
from tests.exchange.xds.conftest import MARIGOLD, document, submission_set

folder = Path(sys.argv[1])
registry = Registry(folder / "registry")
registry.admit(MARIGOLD)
repository = Repository(folder / "repository", NORTH.repository, registry=registry)
number = 0
while True:
    number += 1
    entry = document(number)
    submission = Submission.of(submission_set(number), (entry,))
    repository.provide(submission, {entry.entryUUID: entry.uniqueId.encode()})
    print(number, flush=True)
"""


def test_after_kill_9_all_that_was_acknowledged_is_there(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", PROVIDE, str(tmp_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    acknowledged = 0
    while acknowledged < 12:
        acknowledged = int(process.stdout.readline())
    process.kill()
    acknowledged += len(process.stdout.read().splitlines())
    process.wait()
    with Registry(tmp_path / "registry") as registry:
        found = registry.store.of_patient(DocumentEntry, MARIGOLD.cx, [APPROVED])
        sets = registry.store.of_patient(SubmissionSet, MARIGOLD.cx, [APPROVED])
        uniques = [each.uniqueId for each in found if isinstance(each, DocumentEntry)]
        assert uniques[:acknowledged] == [f"2.25.1000.{n}" for n in range(1, acknowledged + 1)]
        # What came after may or may not be there, but never an entry without its set.
        assert len(found) - acknowledged in (0, 1)
        assert len(sets) == len(found) == registry.store.count()["Association"]
        with Repository(tmp_path / "repository", NORTH.repository, registry=registry) as repository:
            wanted = [DocumentRequest(NORTH.repository, unique) for unique in uniques]
            got = repository.retrieve(wanted)
            assert got.errors == ()
            assert [each.data for each in got] == [unique.encode() for unique in uniques]


def test_what_was_half_written_is_written_again(tmp_path: Path) -> None:
    """A file whose row is missing is of a crash before the acknowledgement: it is overwritten."""
    with Registry(tmp_path / "registry") as registry:
        registry.admit(MARIGOLD)
        with Repository(tmp_path, NORTH.repository, registry=registry) as repository:
            submission = Submission.of(submission_set(), (document(),))
            repository.provide(submission, {"doc1": b"whole"})
            (file,) = repository._files.iterdir()
            repository._index.db.execute("DELETE FROM documents")
            file.write_bytes(b"ha")
            registry.store._file.db.executescript("DELETE FROM objects; DELETE FROM associations")
            repository.provide(submission, {"doc1": b"whole"})
            assert file.read_bytes() == b"whole"


@pytest.mark.parametrize("of", ["registry", "repository"])
def test_a_full_disk_is_a_refusal_and_the_same_is_taken_when_there_is_room(
    domain: Domain, of: str
) -> None:
    file = domain.registry.store._file if of == "registry" else domain.repository._index
    (pages,) = file.query("PRAGMA page_count")
    file.db.execute(f"PRAGMA max_page_count = {pages[0]}")
    many = [document(number, comments="x" * 2000) for number in range(1, 60)]
    with pytest.raises(XdsError, match=r"cannot be written.* is full") as refused:
        domain.provide(*many)
    assert refused.value.codes == (f"XDS{of.title()}OutOfResources",)
    assert len(domain.repository) == 0
    assert domain.registry.store.count() == {"Association": 0}
    file.db.execute("PRAGMA max_page_count = 1000000")
    domain.provide(*many)
    assert domain.registry.store.count()["DocumentEntry"] == len(domain.repository) == 59
