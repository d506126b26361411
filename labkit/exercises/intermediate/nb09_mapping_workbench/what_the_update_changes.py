"""What the update changes.

A colleague sends a new table. Say what it would change before it goes live.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import header, mapped
from labkit.fhir.mapping import MappingTable
from labkit.fhir.mapping.difference import Differences

EXERCISE = Exercise(
    given="""
        from labkit.fhir.mapping import MappingTable, StudyBuilder
        from labkit.fhir.mapping.difference import Differences

        def mapped(headers, table):
            builder = StudyBuilder(table)
            for ds in headers:
                builder.add(ds)
            return builder.studies()
    """,
    blank="""
        def changes(headers, before, after):
            ...  # {path: in how many places}, over all studies and all their resources
    """,
    answer="changes",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def changes(headers, before, after):
            found = Differences()
            for old, new in zip(mapped(headers, before), mapped(headers, after)):
                found.add(old.resources, new.resources)
            counts = {}
            for change in found.changes:
                counts[change.path] = counts.get(change.path, 0) + change.count
            return counts
    """,
    explanation="""
        Both tables map the same headers, and the results are compared study by study: studies()
        is sorted by Study Instance UID, so the pairs fit. resources has the ImagingStudy and all
        that it refers to; a change of a Patient row shows nowhere else. Differences counts by
        path, series and instances being known by their uid and not by their place. A change can
        be an addition here and a removal there, so the counts of one path are added up.
        On the command line this is labkit map FOLDER --table A --compare B.
    """,
    hints=(
        "Map all headers twice, once with each table, and compare study by study.",
        "found = Differences(); found.add(old.resources, new.resources) for each pair; then "
        "found.changes has path, kind and count.",
        "for old, new in zip(mapped(headers, before), mapped(headers, after)): "
        "found.add(old.resources, new.resources); then add up change.count by change.path.",
    ),
    wrong=(
        Wrong(
            "imaging-study-only",
            """
            def changes(headers, before, after):
                found = Differences()
                for old, new in zip(mapped(headers, before), mapped(headers, after)):
                    found.add([old.imaging_study], [new.imaging_study])
                counts = {}
                for change in found.changes:
                    counts[change.path] = counts.get(change.path, 0) + change.count
                return counts
            """,
            """You compared the ImagingStudy alone. The update also touches the Patient, and that
            is what the hospital would notice first.""",
        ),
        Wrong(
            "first-study-only",
            """
            def changes(headers, before, after):
                found = Differences()
                found.add(mapped(headers, before)[0].resources, mapped(headers, after)[0].resources)
                return {change.path: change.count for change in found.changes}
            """,
            """You compared one study. Its header has no reason to touch the other rows: what an
            update changes shows on a whole folder.""",
        ),
        Wrong(
            "last-kind-wins",
            """
            def changes(headers, before, after):
                found = Differences()
                for old, new in zip(mapped(headers, before), mapped(headers, after)):
                    found.add(old.resources, new.resources)
                return {change.path: change.count for change in found.changes}
            """,
            """You kept one number a path. `found.changes` has a path once for what was changed,
            once for what was added and once for what was removed, and in a dict the last one
            overwrites the others: add them up.""",
        ),
        Wrong(
            "rows-of-the-table",
            """
            def changes(headers, before, after):
                old = {row.id: row for row in before}
                return {row.r4: 1 for row in after if old.get(row.id) != row}
            """,
            """You compared the tables. A row that differs may change nothing in your data, and one
            small row may change every study that you have: compare what comes out.""",
        ),
    ),
)

RULE = cite("FHIR R4", "imagingstudy")


def check(work: Work) -> Verdict:
    """Compare two tables over hidden studies, and a table with itself."""
    before = MappingTable.load()
    after = (
        before.replaced("study.description", source="SeriesDescription", differ="conflict")
        .replaced("patient.birth-date", source="PatientBirthDate", condition="has PatientSex")
        .replaced("series.laterality", source="ImageLaterality")
    )
    headers = [
        header(study=2, StudyDescription=None, SeriesDescription=None),
        header(study=1, PatientBirthDate="19500101"),
        header(study=3, series=1, PatientBirthDate="19610203", PatientID="LK-2"),
        header(study=3, series=2, PatientBirthDate="19610203", PatientID="LK-2"),
    ]
    found = Differences()
    pairs = zip(mapped(headers, before), mapped(headers, after), strict=True)
    for old, new in pairs:
        found.add(old.resources, new.resources)
    expected: dict[str, int] = {}
    for change in found.changes:
        expected[change.path] = expected.get(change.path, 0) + change.count
    last = {change.path: change.count for change in found.changes}
    cases = [(after, expected), (before, {})]
    for table, wanted in cases:
        got = work.call(headers, before, table)
        if got is None or got is ...:
            return blank()
        if not hasattr(got, "items") or dict(got) != wanted:
            mistake = "last-kind-wins" if got == last else _mistake(got, wanted)
            return failed(expected=wanted, got=got, rule=RULE, mistake=mistake)
    return passed("Every change is counted, in whatever resource of whatever study.", rule=RULE)


def _mistake(got: Any, wanted: dict[str, int]) -> str:
    if not hasattr(got, "items") or not got:
        return ""
    if "ImagingStudy.series.laterality" in got:
        return "rows-of-the-table"
    if got and not any(path.startswith("Patient") for path in got):
        without = {k: v for k, v in wanted.items() if not k.startswith("Patient")}
        return "imaging-study-only" if dict(got) == without else "first-study-only"
    return "first-study-only"
