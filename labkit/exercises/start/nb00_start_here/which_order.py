"""Find the order that an image belongs to.

A radiologist on the telephone has an image and wants its order: the first question of many days.
"""

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dicom import sample
        ds = sample("ct-head").datasets("CT")[0]
    """,
    blank="""
        accession = ...  # the number that ties this image to its order, read from ds
    """,
    answer="accession",
    expects=str,
    reference="""
        accession = ds.AccessionNumber
    """,
    explanation="""
        The RIS gives each order an accession number, and the modality copies it into every image.
        It is (0008,0050) in the header, and pydicom gives it by its keyword: ds.AccessionNumber.
        The report carries the same number, so it is how the three find each other. It is unique at
        one hospital only: another one may use the same number for another order.
    """,
    hints=(
        "The order has a number of its own, and the modality copies it into every image.",
        "It is called the accession number. pydicom spells an element's keyword without spaces.",
        "Read ds.AccessionNumber, and keep it in the variable accession.",
    ),
    wrong=(
        Wrong(
            "study-id",
            "accession = ds.StudyID",
            """You took Study ID, (0020,0010). It is also a short number and often looks alike,
            but it numbers the study for the department, and many sites leave it empty. An order
            is found by its accession number.""",
        ),
        Wrong(
            "patient-id",
            "accession = ds.PatientID",
            """You took Patient ID, (0010,0020). It says who the patient is. A patient has many
            orders, so it cannot say which one this image belongs to.""",
        ),
        Wrong(
            "study-uid",
            "accession = ds.StudyInstanceUID",
            """You took Study Instance UID, (0020,000D). It names the study in the whole world, but
            people and the RIS speak of the order's accession number.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.2.1")
MISTAKEN = {"StudyID": "study-id", "PatientID": "patient-id", "StudyInstanceUID": "study-uid"}


def check(work: Work) -> Verdict:
    """Compare with the file itself, and say which other element was taken."""
    ds = sample("ct-head").datasets("CT")[0]
    answer = work.answer.strip()
    if answer == ds.AccessionNumber:
        return passed(
            "With this number the RIS finds the order, and the PACS the images.", rule=RULE
        )
    taken = next((keyword for keyword in MISTAKEN if answer == str(ds[keyword].value)), "")
    return failed(
        expected="the value of Accession Number (0008,0050) in this image",
        got=f"{answer} (the value of {taken})" if taken else answer,
        rule=RULE,
        mistake=MISTAKEN.get(taken, ""),
    )
