"""Every searched key has an index, and SQLite uses it: the query plans say so."""

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.pacs import Archive
from labkit.pacs.identifier import Root, read_query
from labkit.pacs.keys import Key, Level, keys_at
from labkit.pacs.query import count, find
from labkit.pacs.schema import TABLE
from labkit.pacs.statement import statement_of
from tests.pacs.conftest import real

ABOVE = {"PatientID": "P", "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3"}
VALUES = {
    "DA": ["20260101", "20260101-20260131", "20260101-", "-20260131"],
    "TM": ["10", "10-12"],
    "UI": ["1.2.3", "1.2.3\\1.2.4"],
    "IS": ["7"],
    "PN": ["Smith^John", "Smith*", "*John", "Sm?th^J*", "Yamada*=山田*"],
}
TEXT = ["ABC", "AB*", "*BC", "A?C"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    made = Archive(tmp_path_factory.mktemp("plans") / "a")
    ds = dcmread(real("MR_small.dcm")[0])
    path: Path = made.root / "one.dcm"
    for number in range(30):
        ds.PatientID = f"P{number}"
        ds.StudyInstanceUID = f"1.2.{number}"
        ds.SeriesInstanceUID = f"1.2.{number}.1"
        ds.SOPInstanceUID = f"1.2.{number}.1.1"
        ds.save_as(path)
        made.add_file(path)
    return made


def searches() -> list[tuple[Root, Level, Key, str]]:
    found = []
    for root in Root:
        for level in root.levels:
            for key in keys_at(level, study_root=root is Root.STUDY):
                if key.searched:
                    for value in VALUES.get(key.vr, TEXT):
                        found.append((root, level, key, value))
    return found


@pytest.mark.parametrize(
    ("root", "level", "key", "value"),
    searches(),
    ids=lambda x: x.keyword if isinstance(x, Key) else getattr(x, "value", x),
)
def test_a_searched_key_uses_an_index(
    archive: Archive, root: Root, level: Level, key: Key, value: str
) -> None:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level.value
    for above in root.levels[: root.levels.index(level)]:
        keyword = next(k.keyword for k in keys_at(above, study_root=False) if k.kind == "U")
        setattr(identifier, keyword, ABOVE[keyword])
    setattr(identifier, key.keyword, value.split("\\") if key.vr == "UI" else value)
    statement = statement_of(read_query(identifier, root))
    with archive.index.reader() as reader:
        rows = reader.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values).fetchall()
    plan = [row[3] for row in rows]
    scans = [step for step in plan if step.startswith("SCAN")]
    assert not scans, plan
    assert any(step.startswith(f"SEARCH {table}") for step in plan for table in TABLE.values())
    searched = [step for step in plan if step.startswith("SEARCH")]
    assert all("INDEX" in step or "INTEGER PRIMARY KEY" in step for step in searched), plan


@pytest.mark.parametrize("keyword", ["ModalitiesInStudy", "SOPClassesInStudy"])
def test_collections_use_an_index(archive: Archive, keyword: str) -> None:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    setattr(identifier, keyword, "CT" if keyword[0] == "M" else "1.2.3")
    statement = statement_of(read_query(identifier, Root.STUDY))
    with archive.index.reader() as reader:
        rows = reader.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values).fetchall()
    used = {"ModalitiesInStudy": "q_Modality", "SOPClassesInStudy": "q_SOPClassUID"}[keyword]
    assert any(used in row[3] for row in rows), rows


@pytest.mark.parametrize(
    ("root", "level", "key", "value"),
    [found for found in searches() if found[0] is Root.STUDY],
    ids=lambda x: x.keyword if isinstance(x, Key) else getattr(x, "value", x),
)
def test_a_page_and_a_count_are_of_what_is_found(
    archive: Archive, root: Root, level: Level, key: Key, value: str
) -> None:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level.value
    setattr(identifier, key.keyword, value.split("\\") if key.vr == "UI" else value)
    for unknown in (False, True):
        query = read_query(identifier, root, relational=True)
        found = [match.answer for match in find(archive, query, "", unknown_matches=unknown)]
        assert count(archive, query, unknown_matches=unknown) == len(found)
        paged = []
        for offset in range(0, len(found) + 1, 20):
            part = find(archive, query, "", unknown_matches=unknown, offset=offset, limit=20)
            paged += [match.answer for match in part]
        assert paged == found
