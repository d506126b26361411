"""Mend the official table.

Four rows as HL7 prints them, and every one of them gives nothing, or something wrong.
"""

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import header
from labkit.fhir.mapping import MappingTable, StudyBuilder

PRINTED = """
        from labkit.fhir.mapping import MappingTable
        printed = (
            MappingTable.load()
            .replaced("study.accession", source="(0080,0050) + (0080,0051)")
            .replaced("study.instances", source="NumberOfStudyRelatedInstances")
            .replaced("study.started", source="StudyDate + StudyTime")
            .replaced("instance.title.label", source="(0007,0080)")
        )
"""

_REFERENCE = """
    mended = (
        printed
        .replaced("study.accession", source="AccessionNumber + IssuerOfAccessionNumberSequence")
        .replaced("study.instances", source="#instances")
        .replaced("study.started", source="StudyDate + StudyTime + TimezoneOffsetFromUTC")
        .replaced("instance.title.label", source="ContentLabel")
    )
"""

EXERCISE = Exercise(
    given=PRINTED,
    blank="""
        mended = printed  # .replaced("row id", source="…"), once for each of the four rows
    """,
    answer="mended",
    expects=MappingTable,
    reference=_REFERENCE,
    explanation="""
        (0080,0050) and (0007,0080) are in no dictionary. They are slips of the pen, for (0008,0050)
        Accession Number and (0070,0080) Content Label, and have stood in R4, R5 and the drafts of
        R6. (0020,1208) exists, but in answers to queries alone (PS3.4 C.3.4), so the number is
        counted. And without (0008,0201) no time can be told, though the header had it. A
        converter that follows the printed table to the letter loses four elements and gets no
        error: that is why each row here has a section, and each section a test.
    """,
    hints=(
        "Look each tag up: pydicom.datadict.keyword_for_tag(0x00800050) is empty. Which attribute "
        "has the name that the element asks for?",
        "Accession Number, its issuer, Content Label and Timezone Offset From UTC are keywords of "
        "PS3.6. A count is not read but made: sources #series and #instances.",
        "printed.replaced('study.instances', source='#instances') mends one; the others are "
        "AccessionNumber + IssuerOfAccessionNumberSequence, ContentLabel, and + "
        "TimezoneOffsetFromUTC behind the time.",
    ),
    wrong=(
        Wrong(
            "count-not-counted",
            _REFERENCE.replace('.replaced("study.instances", source="#instances")', ""),
            """The number of instances is still read from (0020,1208). Files do not have it, and
            where an export left one, it is what the archive held on that day.""",
        ),
        Wrong(
            "time-without-zone",
            _REFERENCE.replace(" + TimezoneOffsetFromUTC", ""),
            """The time has no zone to go with, though the header says one in (0008,0201). So
            the mapping gives the date alone.""",
        ),
        Wrong(
            "accession-without-issuer",
            _REFERENCE.replace(" + IssuerOfAccessionNumberSequence", ""),
            """The accession number is there, and its issuer is not. Two hospitals count from the
            same numbers: (0008,0051) says whose it is.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "imagingstudy"), cite("PS3.4", "C.3.4"))


def check(work: Work) -> Verdict:
    """Map a study that has all four with the learner's table."""
    issuer = header()  # an item needs a Dataset, and nothing else of it counts
    issuer.clear()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.2.40.0.13", "ISO"
    headers = [
        header(n, ContentLabel="KEY", TimezoneOffsetFromUTC="+0100", ModalitiesInStudy="CT",
               NumberOfStudyRelatedInstances=700, IssuerOfAccessionNumberSequence=[issuer])
        for n in (1, 2)
    ]  # fmt: skip
    try:
        builder = StudyBuilder(work.answer)
        for ds in headers:
            builder.add(ds)
        study = builder.studies()[0].imaging_study
    except LabkitError as error:
        return failed(expected="a table that can be used", got=error.message, rule=RULE)
    accession = [i for i in study.get("identifier", []) if i.get("value") == "NG2600106"]
    instances = [i for s in study.get("series", []) for i in s.get("instance", [])]
    title = instances[0].get("title") if instances else None
    found = (bool(accession), study.get("numberOfInstances"), study.get("started"), title)
    if found == (False, 700, "2026-07-12", None):
        return blank()
    for right, expected, got, mistake in (
        (bool(accession), "an identifier with the accession number NG2600106", "none", ""),
        (accession and accession[0].get("system") == "urn:oid:1.2.40.0.13",
         "its issuer as system urn:oid:1.2.40.0.13", "no system", "accession-without-issuer"),
        (study.get("numberOfInstances") == 2, "numberOfInstances 2, as there are two",
         str(study.get("numberOfInstances")),
         "count-not-counted" if study.get("numberOfInstances") == 700 else ""),
        (study.get("started") == "2026-07-12T23:30:05+01:00",
         "started 2026-07-12T23:30:05+01:00", str(study.get("started")), "time-without-zone"),
        (title == "KEY", "the title KEY, which is in Content Label", str(title), ""),
    ):  # fmt: skip
        if not right:
            return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    return passed("Accession with its issuer, two instances, a time with a zone, a title.",
                  rule=RULE)  # fmt: skip
