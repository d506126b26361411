"""One run: studies one after the other, parts of studies never, and going on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.fhir.mapping import MappingTable, Site
from labkit.fhir.mapping.run import Run, State
from labkit.fhir.mapping.sources import Count, Header, Selection, Source


class Given(Source):
    """Headers as they are given, a study at a time."""

    grouped: ClassVar[bool] = True

    def __init__(self, headers: list[Dataset], selection: Selection | None = None) -> None:
        super().__init__(selection)
        self.headers = headers

    def __iter__(self) -> Iterator[Header]:
        for ds in self.headers:
            yield Header(ds, str(ds.get("SOPInstanceUID") or "nameless"))

    def count(self) -> Count:
        return Count()


def header(study: str, series: int, modality: str = "CT") -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", modality
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.{series}"
    ds.SOPInstanceUID = f"{study}.{series}.1"
    return ds


TABLE = MappingTable.load()


def run(source: Source, tables: int = 1) -> Run:
    return Run(source, (TABLE,) * tables, Site())


def test_a_study_comes_out_when_the_next_begins() -> None:
    seen: list[int] = []
    going = run(Given([header("1.1", 1), header("1.1", 2), header("1.2", 1)]))
    going.watch = seen.append
    studies = iter(going)
    (first,) = next(studies)
    assert (first.uid, first.imaging_study["numberOfSeries"]) == ("1.1", 2)
    assert seen == [1, 2, 3]  # and no further
    assert [m.uid for (m,) in studies] == ["1.2"]
    assert (going.headers, going.studies) == (3, 2)


def test_a_study_is_chosen_whole_or_not() -> None:
    headers = [header("1.1", 1), header("1.1", 2, "SR"), header("1.2", 1, "MR")]
    going = run(Given(headers, Selection(modality=("SR",))))
    assert [m.imaging_study["numberOfSeries"] for (m,) in going] == [2]
    assert going.studies == 1


def test_a_part_of_a_study_is_not_passed_off_as_it() -> None:
    source = Given([header("1.1", 1), header("1.2", 1)])
    source.incomplete = {"1.1"}
    assert [m.uid for (m,) in run(source)] == ["1.2"]


def test_what_cannot_be_mapped_is_reported() -> None:
    nameless = header("1.1", 1)
    del nameless.SOPInstanceUID
    source = Given([nameless, header("1.1", 2)])
    assert len(list(run(source, tables=2))) == 1
    assert source.report.counts["broken"] >= 1
    assert "SOPInstanceUID is missing" in source.report.first[0].reason


def test_what_a_query_does_not_give_may_be_there_all_the_same() -> None:
    source = Given([header("1.1", 1)])
    source.partial = "the archive may not return it"
    ((mapped,),) = list(run(source))
    reasons = {o.reason for o in mapped.trail.omissions}
    assert "not-returned" in reasons and "absent" not in reasons
    assert "the archive may not return it" in mapped.trail.why("ImagingStudy.description")


def test_state_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.ndjson"
    state = State(path, {"fhir": "R4"})
    assert not path.exists()
    state.mark("1.1")
    state.mark("1.2")
    with path.open("a") as file:
        file.write('{"study": "1.')  # the machine stopped here
    again = State(path, {"fhir": "R4"})
    assert again.done == {"1.1", "1.2"}
    assert [json.loads(line) for line in path.read_text().splitlines()[:2]] == [
        {"labkit-map": 1, "fhir": "R4"}, {"study": "1.1"},
    ]  # fmt: skip
    with pytest.raises(UsageError, match="fhir"):
        State(path, {"fhir": "R5"})
