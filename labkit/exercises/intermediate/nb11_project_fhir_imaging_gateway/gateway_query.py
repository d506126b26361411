"""Gateway 1: ask for a study, down to its last instance.

A query is hierarchical: study, then each series, then the instances of each.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import sample
from labkit.dimse import find
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import IMPORTS, READ

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def read_study(ask, uid):
            ...  # a header for each instance of the study: the keys of all three levels in one

        # ask(keys) is a C-FIND: it returns the matches as data sets
    """,
    answer="read_study",
    expects=Callable,  # type: ignore[arg-type]
    reference=READ,
    explanation="""
        At each level the unique keys of the levels above go along with one value each, and that is
        what a hierarchical search asks for (PS3.4 C.4.1.3.1.1). An answer at the IMAGE level need
        not have the patient or the modality: they belong to levels above, so the three answers are
        put together. The counts (0020,1206) and (0020,1208) are optional keys, which an archive may
        leave empty; whoever has the instances can count.
    """,
    hints=(
        "Three questions, one in the other: STUDY once, SERIES once, IMAGE once for each series.",
        "Ask at IMAGE with StudyInstanceUID and SeriesInstanceUID filled in and SOPInstanceUID, "
        "SOPClassUID, InstanceNumber empty.",
        "header = Dataset(), then header.update(study), header.update(series), "
        "header.update(image); yield it, or collect it in a list.",
    ),
    wrong=(
        Wrong(
            "study-only",
            """
            def read_study(ask, uid):
                return list(ask(identifier("STUDY", StudyInstanceUID=uid, PatientID="",
                                           NumberOfStudyRelatedInstances="")))
            """,
            """You asked at the STUDY level alone. Its counts are optional keys, and an
            ImagingStudy without series shows a viewer nothing.""",
        ),
        Wrong(
            "first-series",
            """
            def read_study(ask, uid):
                series = ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID=""))[0]
                return list(ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID="",
                                           SeriesInstanceUID=series.SeriesInstanceUID)))
            """,
            """You looked into the first series alone. The report, the key images and the second
            acquisition are in the others.""",
        ),
        Wrong(
            "image-keys-alone",
            """
            def read_study(ask, uid):
                for series in ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="")):
                    yield from ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID="",
                                              SeriesInstanceUID=series.SeriesInstanceUID))
            """,
            """You kept the answers of the IMAGE level as they came. Whose they are and what made
            them was answered above, and a mapping without it has a study of nobody.""",
        ),
    ),
)

RULE = cite("PS3.4", "C.4.1")
WANTED = ("PatientID", "IssuerOfPatientID", "StudyDate", "AccessionNumber", "Modality",
          "SOPClassUID")  # fmt: skip


def check(work: Work) -> Verdict:
    """Have it read a study of two series from the live archive."""
    there = {str(ds.SOPInstanceUID): ds for ds in sample("ct-head").datasets()}
    uid = str(next(iter(there.values())).StudyInstanceUID)

    def ask(keys: Dataset) -> Any:
        return find(work.lab.archive, keys)

    found = work.call(ask, uid)
    if found is None or found is ...:
        return blank()
    try:
        headers: list[Any] = list(found)
    except TypeError:
        return failed(expected="one header for each instance", got=found, rule=RULE)
    if not all(isinstance(header, Dataset) for header in headers):
        return failed(expected="headers, each a Dataset", got=headers[0], rule=RULE)
    got = {str(header.get("SOPInstanceUID", "")): header for header in headers}
    if len(headers) != len(there) or set(got) != set(there):
        mistake = "study-only" if len(headers) == 1 else ""
        first = {u for u, ds in there.items() if ds.Modality == "CT"}
        mistake = "first-series" if set(got) in (first, set(there) - first) else mistake
        return failed(expected=f"{len(there)} headers, one for each instance",
                      got=f"{len(headers)}", rule=RULE, mistake=mistake)  # fmt: skip
    for name in WANTED:
        bad = [u for u in there if str(got[u].get(name, "")) != str(there[u].get(name))]
        if bad:
            return failed(
                expected=f"{name} as the objects have it, in each header",
                got=f"{len(bad)} headers with {got[bad[0]].get(name) or 'none'}",
                rule=RULE, mistake="" if name in got[bad[0]] else "image-keys-alone",
            )  # fmt: skip
    return passed("41 instances in two series, each with its patient and modality.", rule=RULE)
