"""An archive of very many studies: each query finds just what it asks for, and by its index."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import pytest
from pydicom.dataset import Dataset

from labkit.common import ALLOW_ALL
from labkit.dimse import Peer, find, identifier
from labkit.pacs import Archive, NodeConfig, PacsNode
from labkit.pacs.entering import Arrival
from labkit.pacs.header import Header
from tests.effort import effort, record

STUDIES = effort(2_000, 1_000_000)
SMALL = 5
PATIENTS_OF = 4  # studies of a patient
ROUNDS = effort(3, 51)

pytestmark = pytest.mark.timeout(300 + STUDIES // 200)


def arrival(number: int) -> Arrival:
    """One image of study `number`; four studies in a row are of one patient."""
    patient, day = number // PATIENTS_OF, number % 3650
    year, rest = divmod(day, 365)
    values = {
        "PatientID": f"P{patient:07d}",
        "PatientName": f"Family{patient:07d}^Given",
        "StudyInstanceUID": f"1.2.7.{number}",
        "StudyDate": f"{2016 + year}{rest // 31 + 1:02d}{rest % 28 + 1:02d}",
        "AccessionNumber": f"A{number:08d}",
        "Modality": ("CT", "MR", "US", "CR")[number % 4],
        "SeriesInstanceUID": f"1.2.7.{number}.1",
        "SOPInstanceUID": f"1.2.7.{number}.1.1",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    }
    return Arrival(Header(values, "ISO_IR 100"), "1.2.840.10008.1.2.1", 0, "TEST")


@pytest.fixture(scope="module", params=[SMALL, STUDIES])
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Peer]:
    """A PACS with an index of so many studies; there are no objects behind it."""
    archive = Archive(tmp_path_factory.mktemp("big") / "archive")
    started = time.monotonic()
    archive.index.add_many(map(arrival, range(request.param)))
    record("filled", studies=request.param, seconds=time.monotonic() - started)
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    yield Peer("ARCHIVE", "127.0.0.1", node.start())
    node.stop()
    archive.close()


def uids(found: object) -> list[str]:
    return sorted(ds.StudyInstanceUID for ds in found)  # type: ignore[attr-defined]


def asked(peer: Peer, what: str, query: Dataset, studies: int) -> list[str]:
    """Ask several times, note the median time, return the UIDs found."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = find(peer, query, timeout=60)
        times.append(time.perf_counter() - started)
    record("find", what=what, studies=studies, milliseconds=1000 * statistics.median(times))
    return uids(found)


def test_a_query_finds_just_that(peer: Peer, request: pytest.FixtureRequest) -> None:
    studies: int = request.node.callspec.params["peer"]
    last = studies - 1
    first = last // PATIENTS_OF * PATIENTS_OF
    theirs = sorted(f"1.2.7.{n}" for n in range(first, last + 1))

    def query(**keys: str) -> Dataset:
        return identifier("STUDY", **{"StudyInstanceUID": "", **keys})

    patient = f"{last // PATIENTS_OF:07d}"
    one = [f"1.2.7.{last}"]
    assert asked(peer, "UID", query(StudyInstanceUID=one[0]), studies) == one
    assert asked(peer, "accession", query(AccessionNumber=f"A{last:08d}"), studies) == one
    assert asked(peer, "PatientID", query(PatientID=f"P{patient}"), studies) == theirs
    assert asked(peer, "name, wildcard", query(PatientName=f"family{patient}*"), studies) == theirs
    dated = query(StudyDate="20160101-20160101", PatientID="P0000000")
    assert asked(peer, "date range and PatientID", dated, studies) == ["1.2.7.0"]
    assert asked(peer, "nothing", query(StudyInstanceUID="1.2.3"), studies) == []
