"""The private note.

Lakeside's RIS puts a note for the reader into a private element. The portal wants it.
"""

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import (
    CREATOR,
    header,
    mapped,
    with_private,
)
from labkit.fhir.mapping import MappingTable

EXERCISE = Exercise(
    given="""
        from labkit.fhir.mapping import MappingTable, Row
    """,
    blank="""
        # a Row that writes ImagingStudy.note[].text, in R4 and R5, from Lakeside's element 04
        with_note = MappingTable.load()
    """,
    answer="with_note",
    expects=MappingTable,
    reference="""
        with_note = MappingTable.load().added(Row(
            id="study.note", r4="ImagingStudy.note[].text", r5="ImagingStudy.note[].text",
            source='(0009,"LAKESIDE RIS",04)', level="study", transform="string",
            differ="unite", section="Lakeside RIS, conformance statement",
        ))
    """,
    explanation="""
        A private element has no fixed number: its creator reserves a block of 256 in an odd group,
        whichever is free (PS3.5 7.8.1). In one file the note is (0009,1004), in the next, where
        another vendor came first, (0009,1104). So a source names group, creator and the last two
        digits, and the block is looked up in each header. differ = "unite" keeps two different
        notes of one study; without it they would be a conflict, and there would be none.
    """,
    hints=(
        "Look at the two headers above: which part of the tag is the same in both?",
        'A private source is written (gggg,"creator",ee): group, creator, the last two digits.',
        'MappingTable.load().added(Row(id="study.note", r4="ImagingStudy.note[].text", '
        'r5="ImagingStudy.note[].text", source=\'(0009,"LAKESIDE RIS",04)\', level="study", '
        'transform="string"))',
    ),
    wrong=(
        Wrong(
            "fixed-tag",
            """
            with_note = MappingTable.load().added(Row(
                id="study.note", r4="ImagingStudy.note[].text", r5="ImagingStudy.note[].text",
                source="(0009,1004)", level="study", transform="string",
            ))
            """,
            """You wrote the whole tag. It is right for the file you looked at; where another
            creator has block 10, it reads that vendor's element as a note.""",
        ),
        Wrong(
            "r4-only",
            """
            with_note = MappingTable.load().added(Row(
                id="study.note", r4="ImagingStudy.note[].text", r5="",
                source='(0009,"LAKESIDE RIS",04)', level="study", transform="string",
            ))
            """,
            """Your row has no path for R5. ImagingStudy.note is there in both versions; after the
            upgrade the notes would be gone.""",
        ),
        Wrong(
            "block-number",
            """
            with_note = MappingTable.load().added(Row(
                id="study.note", r4="ImagingStudy.note[].text", r5="ImagingStudy.note[].text",
                source='(0009,"LAKESIDE RIS",10)', level="study", transform="string",
            ))
            """,
            """You named element 10: that is the block of one file, not the element. The note's last
            two digits are 04.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.8.1")


def check(work: Work) -> Verdict:
    """Map headers with the block in three places, and with another vendor's note."""
    table = work.answer
    if table == MappingTable.load():
        return blank()
    other = with_private(header(study=2), 0x10, "OTHER VENDOR", 0x04, "do not show")
    cases = [
        ("block 10", with_private(header(), 0x10, CREATOR, 0x04, "left arm"), ["left arm"]),
        ("block 11, behind another vendor", with_private(other, 0x11, CREATOR, 0x04, "prone"),
         ["prone"]),
        ("another vendor's element alone",
         with_private(header(study=3), 0x10, "OTHER VENDOR", 0x04, "secret"), []),
    ]  # fmt: skip
    try:
        for where, ds, expected in cases:
            for fhir in ("R4", "R5"):
                (study,) = mapped([ds], table, fhir=fhir)
                found = study.imaging_study.get("note", [])
                notes = [n.get("text") if isinstance(n, dict) else n for n in found]
                if any(not isinstance(note, dict) for note in found):
                    return failed(expected="notes that are Annotations, with a text", got=found,
                                  rule=cite("FHIR R4", "datatypes"))  # fmt: skip
                if notes != expected:
                    return failed(expected=f"{expected} for {where} in {fhir}", got=notes,
                                  rule=RULE, mistake=_mistake(table, fhir))  # fmt: skip
    except LabkitError as error:
        return failed(expected="a table that maps", got=error.message, rule=RULE)
    return passed("The note is found by its creator in every block, in R4 and R5.", rule=RULE)


def _mistake(table: MappingTable, fhir: str) -> str:
    sources = [row.source.replace(" ", "") for row in table if ".note[]" in row.r4]
    if any(source.startswith("(0009,1") for source in sources):
        return "fixed-tag"
    if any(source.endswith(",10)") for source in sources):
        return "block-number"
    return "r4-only" if fhir == "R5" else ""
