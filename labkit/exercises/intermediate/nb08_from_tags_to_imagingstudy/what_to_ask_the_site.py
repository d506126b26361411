"""What to ask the site.

Before a mapping goes live, somebody has to tell what DICOM cannot. The trail says what is missing.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import ROOT, header
from labkit.fhir.mapping import MappedStudy, Site, StudyBuilder

EXERCISE = Exercise(
    given="""
        SITE_CAN_TELL = {"no-zone", "no-issuer", "no-code"}
    """,
    blank="""
        def to_ask(studies):
            ...  # {reason: in how many studies}, for the reasons that a site file can cure
    """,
    answer="to_ask",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def to_ask(studies):
            count = {}
            for study in studies:
                reasons = {omission.reason for omission in study.trail.omissions}
                for reason in reasons & SITE_CAN_TELL:
                    count[reason] = count.get(reason, 0) + 1
            return count
    """,
    explanation="""
        Most omissions are facts about the study: absent, or there and empty, which is type 2's way
        to say known to be unknown (PS3.5 7.4.2). Nobody's configuration cures them. A missing
        zone, an issuer without a system and a local term without a code are questions to the
        site, each asked once and answered in one line of the site file. A study of forty series
        without a zone is one question, not forty, so studies are counted.
    """,
    hints=(
        "study.trail.omissions is a list; each omission has a path, a reason and words.",
        "A study with three series has three omissions with the reason no-zone. Make a set of the "
        "reasons of each study first.",
        "reasons = {o.reason for o in study.trail.omissions} & SITE_CAN_TELL, and count each of "
        "them once a study.",
    ),
    wrong=(
        Wrong(
            "counts-elements",
            """
            def to_ask(studies):
                count = {}
                for study in studies:
                    for omission in study.trail.omissions:
                        if omission.reason in SITE_CAN_TELL:
                            count[omission.reason] = count.get(omission.reason, 0) + 1
                return count
            """,
            """You counted elements. A study of many series asks the same question in each of
            them; the site answers it once.""",
        ),
        Wrong(
            "everything-that-is-empty",
            """
            def to_ask(studies):
                count = {}
                for study in studies:
                    for reason in {omission.reason for omission in study.trail.omissions}:
                        count[reason] = count.get(reason, 0) + 1
                return count
            """,
            """You asked for what is absent or empty, too. No site can tell the sex of a patient
            whom the modality did not ask; its file can only tell zones, systems and codes.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.4.2")
_KNOWS = 'zone = "Europe/Rome"\n[issuer]\nNORTHGEN = "https://north-general.example/patient-id"\n'


def _studies() -> list[MappedStudy]:
    """Three studies: one complete, one that lacks all three, one of three series without zone."""
    knows = StudyBuilder(site=Site.parse(_KNOWS))
    knows.add(header(AccessionNumber=""))
    asks = StudyBuilder()
    asks.add(header(StudyInstanceUID=f"{ROOT}.2", BodyPartExamined="SCHAEDEL"))
    many = StudyBuilder(site=Site.parse(_KNOWS.split("\n", 1)[1]))
    for series in (1, 2, 3):
        many.add(header(series=series, StudyInstanceUID=f"{ROOT}.3", SeriesDate="20260712",
                        SeriesTime="233005", AccessionNumber=""))  # fmt: skip
    return [*knows.studies(), *asks.studies(), *many.studies()]


def check(work: Work) -> Verdict:
    """Call the function with three studies."""
    expected = {"no-zone": 2, "no-issuer": 1, "no-code": 1}
    got = work.call(_studies())
    if got is None or got is ...:
        return blank()
    if not isinstance(got, dict):
        return failed(expected="a dict {reason: number}", got=got, rule=RULE)
    plain = {str(k): v for k, v in got.items() if v}
    if plain == expected:
        return passed("Two studies wait for a zone, one for a system and a code.", rule=RULE)
    more = set(plain) - set(expected)
    mistake = "everything-that-is-empty" if more else ""
    if not more and any(plain.get(k, 0) > v for k, v in expected.items()):
        mistake = "counts-elements"
    return failed(expected=f"{expected} for three studies", got=got, rule=RULE, mistake=mistake)
