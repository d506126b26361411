"""A disc from Lakeside: three patients, one of them with a number of ours.

What the front desk found out is the only thing that the disc does not say.
"""

from typing import Any

from labkit.common import cite
from labkit.dicom import sample
from labkit.exchange.manifests.practice import Practice
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import DISC

EXERCISE = Exercise(
    given=DISC,
    blank="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    # The front desk: Barnaby Larkwhistle (LK-21044) was registered this morning as NG-100812.
    # Ignatius Marblethorpe has never been here, and nobody reaches him: leave him out.
    # Import the disc into clinic's archive: clinic.deliver, at NOW, system "IMPORTER".
    decisions = {}
    ...
    """,
    answer="clinic",
    expects=Practice,
    reference="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    decisions = {"LK-21044^^^LAKESIDE": "NG-100812", "1001234^^^LAKESIDE": ""}
    planned = plan(medium, house, decisions=decisions)
    carry_out(planned, clinic.deliver, when=NOW, system="IMPORTER")
    """,
    explanation="""
        Marigold is found by name, birth date and sex. Barnaby is registered with a first letter
        only, so a person has to say it. Ignatius has the number of Posy Brackenfold, and nothing
        else of her. What is stored has the house's ID, and the disc's in Original Attributes
        Sequence, so that the way back stays open.
    """,
    hints=(
        "print(plan(medium, house)): what is ready, and what is a question.",
        'A decision is {"ID^^^ISSUER": the ID here}; "" leaves it out.',
        'carry_out(plan(medium, house, decisions=…), clinic.deliver, when=NOW, system="IMPORTER").',
    ),
    wrong=(
        Wrong(
            "same-number",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            decisions = {"LK-21044^^^LAKESIDE": "NG-100812", "1001234^^^LAKESIDE": "1001234"}
            planned = plan(medium, house, decisions=decisions)
            carry_out(planned, clinic.deliver, when=NOW, system="IMPORTER")
            """,
            """You gave the bone scan of Ignatius Marblethorpe to Posy Brackenfold, who has his
            number here. It is in her record now, and nobody will look for it in his.""",
        ),
        Wrong(
            "as-it-is",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            clinic.archive.add_files([file.path for file in medium.files])
            """,
            """You copied the files as they are. 1001234 of Lakeside now lies beside 1001234 of the
            house, and Marigold is two patients in one archive.""",
        ),
        Wrong(
            "overwritten",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            from pydicom import dcmread
            ours = {"LK-20871": "NG-100457", "LK-21044": "NG-100812"}
            for file in medium.files:
                if file.header.PatientID in ours:
                    ds = dcmread(file.path)
                    ds.PatientID, ds.IssuerOfPatientID = ours[ds.PatientID], "NORTHGEN"
                    clinic.store(ds)
            """,
            """The IDs are right, and what they were is gone: no Original Attributes Sequence says
            whose they were at Lakeside. If the match was wrong, nobody can undo it.""",
        ),
    ),
)

RULE = (cite("IHE RAD TF-2", "4.61"), cite("PS3.3", "C.12.1.1.9"))
_WANTED = {"cr-chest-prior": "NG-100457", "knee-ap": "NG-100812"}


def check(work: Work) -> Verdict:
    """Look into the archive."""
    site: Any = work.answer
    if not hasattr(site, "archive"):
        return failed(expected="clinic", got=site, rule=RULE)
    held = {slug: site.archive.get(sample(slug).datasets()[0].SOPInstanceUID)
            for slug in (*_WANTED, "nm-bone")}  # fmt: skip
    if not any(held.values()):
        return blank("The archive has nothing of the disc.")
    bone = held["nm-bone"]
    if bone is not None:
        ds = bone.dataset()
        mistake = "as-it-is" if ds.get("IssuerOfPatientID") == "LAKESIDE" else "same-number"
        got = f"his bone scan under {ds.PatientID}"
        return failed(
            expected="nothing of Ignatius Marblethorpe", got=got, rule=RULE, mistake=mistake
        )
    for slug, wanted in _WANTED.items():
        found = held[slug]
        if found is None:
            return failed(expected=f"{slug} under {wanted}", got="not there", rule=RULE)
        ds = found.dataset()
        if str(ds.PatientID) != wanted:
            return failed(expected=f"{slug} under {wanted}", got=str(ds.PatientID), rule=RULE)
        if "OriginalAttributesSequence" not in ds:
            return failed(expected="Original Attributes Sequence (0400,0561)", got="none",
                          rule=RULE, mistake="overwritten")  # fmt: skip
    return passed("Two studies with the house's IDs and the way back; one left out.", rule=RULE)
