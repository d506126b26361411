"""Mend the row.

The viewer lists every series under the name of its study. One row of the table is wrong.
"""

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import header, mapped
from labkit.fhir.mapping import MappingTable

_GIVEN = """
    from labkit.dicom import sample
    from labkit.fhir.mapping import MappingTable
    from labkit.widgets import MappingWorkbench
    inherited = MappingTable.load().replaced("series.description", source="StudyDescription")
    bench = MappingWorkbench(sample("ct-head").files, inherited)
"""

EXERCISE = Exercise(
    given=_GIVEN,
    blank="""
        # find the row in the workbench, mend it there or with bench.edit(row, source=...)
        mended = bench.table
    """,
    answer="mended",
    expects=MappingTable,
    reference="""
        bench.edit("series.description", source="SeriesDescription")
        mended = bench.table
    """,
    explanation="""
        The row series.description read Study Description (0008,1030), which every instance has, so
        that nothing looked empty or invalid: a mapping can be valid FHIR and wrong. The workbench
        shows it at once: point at StudyDescription in the header, and two lines of the resource
        light up where there should be one. Series Description is (0008,103E), an attribute of the
        General Series module.
    """,
    hints=(
        "Point at the description of a series in the right column. Which row of the table lights "
        "up, and which element of the header?",
        "The row is series.description. Its column `source` holds the keyword that it reads.",
        'bench.edit("series.description", source="SeriesDescription"), then mended = bench.table',
    ),
    wrong=(
        Wrong(
            "mended-the-study",
            """
            bench.edit("study.description", source="SeriesDescription")
            mended = bench.table
            """,
            """You changed the study's row. It was right; now the study is called as one of its
            series, and the series still as the study.""",
        ),
        Wrong(
            "took-it-out",
            """
            bench.remove("series.description")
            mended = bench.table
            """,
            """You took the row out. The wrong words are gone, and the right ones with them: the
            header has a Series Description.""",
        ),
        Wrong(
            "took-the-protocol",
            """
            bench.edit("series.description", source="ProtocolName")
            mended = bench.table
            """,
            """You took Protocol Name (0018,1030). It is what the series was planned by, often the
            same for all of a study, and not its description.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.3.1")


def check(work: Work) -> Verdict:
    """Map a study of two views that the notebook has not shown."""
    table = work.answer
    if table == MappingTable.load().replaced("series.description", source="StudyDescription"):
        return blank()
    try:
        headers = [header(), header(series=2), header(series=3, SeriesDescription=None)]
        (study,) = mapped(headers, table)
    except LabkitError as error:
        return failed(expected="a table that maps", got=error.message, rule=RULE)
    own = study.imaging_study.get("description")
    moved = any(r.id == "study.description" and r.source == "SeriesDescription" for r in table)
    if own != "SHOULDER 2 VIEWS":
        return failed(expected="the study keeps its own description", got=own or "none", rule=RULE,
                      mistake="mended-the-study" if moved else "")  # fmt: skip
    names = [series.get("description") for series in study.imaging_study["series"]]
    expected = ["SHOULDER VIEW 1", "SHOULDER VIEW 2", None]
    if names != expected:
        mistake = {
            (None, None, None): "took-it-out",
            ("SHOULDER", "SHOULDER", "SHOULDER"): "took-the-protocol",
        }.get(tuple(names), "")
        return failed(expected=expected, got=names, rule=RULE, mistake=mistake)
    return passed("Each series of another study has its own name, and none where it has none.",
                  rule=RULE)  # fmt: skip
