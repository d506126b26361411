"""Find a home for the results.

LEGACY is older than the Segmentation SOP class. What was found has to be somewhere.
"""

from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom.stories.lakeside import head_with_bleed
from labkit.exchange.ai import Done
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb05_ai_on_a_legacy_pacs._lakeside import SENT

_RUN = """
    done = run(web, results=lab.dicomweb.client(), AccessionNumber="LK2600041")
"""

EXERCISE = Exercise(
    given=SENT
    + """
        from labkit.exchange.ai import run
        lab.withdraw("ARCHIVE", study)
        lab.configure("LEGACY", refused_classes=["SegmentationStorage",
                                                 "Comprehensive3DSRStorage"])
    """,
    blank="""
    done = ...  # run(…): the images come through `web`, the façade; where do the results go?
    """,
    answer="done",
    expects=(Done, Dataset),
    reference=_RUN,
    explanation="""
        A presentation context that is refused is no error of the sender that could be mended: the
        old PACS will never know the class. Results go where they can be kept, under the Study
        Instance UID, patient and accession number of the images, so that whoever asks both archives
        for the study gets one study. A platform that invents a study of its own has hidden them.
    """,
    hints=(
        "Run it with the façade alone, and read done.results[0].reason.",
        "run(…, results=…) takes a second DICOMweb client. Which archive of the lab has DICOMweb?",
        "results=lab.dicomweb.client() is ARCHIVE's.",
    ),
    wrong=(
        Wrong(
            "into-legacy",
            'done = run(web, AccessionNumber="LK2600041")',
            """You sent the results where the images are. LEGACY refused them with 0122, SOP class
            not supported, and the platform rightly posted nothing.""",
        ),
        Wrong(
            "own-study",
            """
    from pydicom.uid import generate_uid
    from labkit.exchange.ai import BleedFinder, pull, report, segmentation
    from datetime import datetime, timezone
    volume = pull(web, study, next(h.SeriesInstanceUID for h in heads if h.SeriesNumber == 2))
    finder = BleedFinder()
    found, now = finder.find(volume), datetime(2026, 1, 15, tzinfo=timezone.utc)
    seg = segmentation(volume, found, finder, now)
    seg.StudyInstanceUID = generate_uid()
    lab.dicomweb.client().store([seg])
    done = seg
""",
            """You put the result into a study of its own. It is safe, and nobody who opens the head
            CT will ever see it.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.2.1"), cite("PS3.4", "B.2.3"))


def check(work: Work) -> Verdict:
    """Ask ARCHIVE for results under the study of the images."""
    uid = str(head_with_bleed()[0].StudyInstanceUID)
    lab: Any = work.lab
    web = lab.dicomweb.client()
    kinds = sorted(str(s.Modality) for s in web.series(uid))
    if kinds == ["SEG", "SR"]:
        return passed("SEG and SR are in ARCHIVE, in the study of the images.", rule=RULE)
    reasons = [str(getattr(r, "reason", "")) for r in getattr(work.answer, "results", [])]
    if any("0x0122" in reason for reason in reasons):
        return failed(expected="SEG and SR in an archive that keeps them",
                      got="refused: 0x0122, SOP class not supported", rule=RULE,
                      mistake="into-legacy")  # fmt: skip
    elsewhere = web.studies(PatientID="1001234", ModalitiesInStudy="SEG")
    return failed(expected="SEG and SR in the study of the images",
                  got="another study with a SEG" if elsewhere else ", ".join(kinds) or "neither",
                  rule=RULE, mistake="own-study" if elsewhere else "")  # fmt: skip
