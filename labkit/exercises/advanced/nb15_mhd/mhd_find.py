"""The manifest of this study.

A viewer is given a patient and a study. Find the one manifest that it is to open.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.manifests import read
from labkit.exchange.mhd import MhdClient
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import CT, DX, PUBLISHED, SUBJECT, by_uid

_RIGHT = """
    def manifest_for(patient, study):
        for found in mhd.find_documents(patient, format="1.2.840.10008.5.1.4.1.1.88.59"):
            for related in found["context"]["related"]:
                if related["identifier"]["value"] == f"urn:oid:{study}":
                    return found
"""

EXERCISE = Exercise(
    given=PUBLISHED,
    blank="""
    def manifest_for(patient, study):
        ...  # the DocumentReference of the manifest that is current, of this study
    """,
    answer="manifest_for",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Patient and status are compulsory (ITI-67 2:3.67.4.1.2.1), the format keeps reports out, and
        context.related says which study. Servers differ in whether they search an identifier in
        context.related, so the last step is done here; a patient has few manifests. The title is
        for people, and a superseded manifest lists images that were taken back.
    """,
    hints=(
        "A patient has reports too. Which parameter of ITI-67 says that you want a KOS?",
        "format=1.2.840.10008.5.1.4.1.1.88.59 leaves the manifests. Which study is each of?",
        'Compare context.related[…].identifier.value with f"urn:oid:{study}".',
    ),
    wrong=(
        Wrong(
            "any-study",
            """
    def manifest_for(patient, study):
        return mhd.find_documents(patient, format="1.2.840.10008.5.1.4.1.1.88.59")[0]
""",
            """You took the first manifest of the patient, whichever study it is of. She has
            two.""",
        ),
        Wrong(
            "superseded-too",
            _RIGHT.replace("(patient, format",
                           '(patient, status="current,superseded", _sort="-_lastUpdated", format'),
            """You took the one that changed last, whatever its status. Being superseded is a change
            too: it lists an image that was taken back.""",
        ),
        Wrong(
            "by-the-title",
            """
    def manifest_for(patient, study):
        for found in mhd.find_documents(patient):
            if "Chest CT" in found["content"][0]["attachment"]["title"]:
                return found
""",
            """What you found is no manifest: the patient has reports too. A title is for people,
            and may be anything; the format says what a document is.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("IHE ITI MHD", "ITI-67 2:3.67.4.1.2.1"), cite("IHE RAD TF-2", "4.68"))


def check(work: Work) -> Verdict:
    """Have it find the manifests of two studies."""
    mhd = MhdClient(work.lab.fhir.url)
    right = []
    for uid in (CT, DX):
        row = by_uid(work.lab, uid)
        if row is None:
            return blank("Her manifests are not on the server: run the cells above.")
        right.append(read(mhd.retrieve(row).content).study_uid)
    for study in right:
        got = work.call(SUBJECT, study)
        if got in (None, ...):
            return blank("It finds nothing.") if study == right[0] else failed(
                expected="a manifest of her other study too", got="nothing", rule=RULE
            )  # fmt: skip
        fits = isinstance(got, dict) and got.get("resourceType") == "DocumentReference"
        if not fits or got["content"][0]["attachment"]["contentType"] != "application/dicom":
            kind = got["content"][0]["attachment"]["contentType"] if fits else got
            return failed(expected="the DocumentReference of a manifest", got=kind, rule=RULE,
                          mistake="by-the-title" if fits else "")  # fmt: skip
        if read(mhd.retrieve(got).content).study_uid != study:
            return failed(expected="a manifest of this study", got="one of another study",
                          rule=RULE, mistake="any-study")  # fmt: skip
        if got["status"] != "current":
            return failed(expected="the current manifest", got=got["status"], rule=RULE,
                          mistake="superseded-too")  # fmt: skip
    return passed("Of each study the manifest that is current.", rule=RULE)
