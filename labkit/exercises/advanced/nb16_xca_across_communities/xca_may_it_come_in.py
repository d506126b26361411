"""May this image come in? Another community has sent it.

What came is compared with the manifest before anybody sees it.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.manifests import Maker, gather
from labkit.exchange.parties import LAKESIDE
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN

_RIGHT = """
    def belongs(ds, manifest):
        listed = {(study, series, one.uid) for study, series, one in manifest.references}
        return ((ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID) in listed
                and ds.PatientID == manifest.patient.id.value)
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def belongs(ds, manifest):
            ...  # True or False

        # manifest.references gives (study UID, series UID, instance), with instance.uid;
        # manifest.patient.id.value is the Patient ID
    """,
    answer="belongs",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        An answer is not right because it came. Each object is compared with the manifest: the
        three UIDs together, since a SOP Instance UID alone can be put on any image, and the
        patient, since the images of two patients can get into one study by a mistake at the
        modality. The name is no identifier: it is spelled in three ways, and two people have it.
        What does not belong is left out and reported, never shown "for the time being".
    """,
    hints=(
        "Make a set of what the manifest lists: tuples of three UIDs.",
        "Then the patient: which attribute, of the image and of the manifest?",
        "(study, series, one.uid) for study, series, one in manifest.references; and "
        "ds.PatientID == manifest.patient.id.value",
    ),
    wrong=(
        Wrong(
            "one-uid",
            """
            def belongs(ds, manifest):
                return (ds.SOPInstanceUID in manifest.instance_uids
                        and ds.PatientID == manifest.patient.id.value)
            """,
            """You looked at the SOP Instance UID alone. The object says that it is of another study
            than the manifest lists it in.""",
        ),
        Wrong(
            "no-patient",
            _RIGHT.replace(
                "\\n                and ds.PatientID == manifest.patient.id.value", "")
                .replace("""
                and ds.PatientID == manifest.patient.id.value""", ""),
            """You did not look at the patient. The UIDs are right, and the image is of somebody
            else.""",
        ),
        Wrong(
            "by-name",
            _RIGHT.replace("ds.PatientID == manifest.patient.id.value",
                           "str(ds.PatientName) == manifest.patient.name"),
            """You compared names. Another registration of the same name passes, and a name that is
            spelled in capitals does not.""",
        ),
        Wrong(
            "study-alone",
            """
            def belongs(ds, manifest):
                return (ds.StudyInstanceUID == manifest.study_uid
                        and ds.PatientID == manifest.patient.id.value)
            """,
            """You looked at the study alone: an image that the manifest does not list comes in,
            such as one that was rejected there.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.17.2.1")


def _changed(**values: str) -> Any:
    ds = sample("cr-chest-prior").datasets()[0]
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def check(work: Work) -> Verdict:
    """Show it the prior, and images that are not what they should be."""
    manifest = gather(sample("cr-chest-prior").datasets(), maker=Maker.of(LAKESIDE))
    cases = (
        ("the prior", _changed(), True, ""),
        (
            "its name in other letters",
            _changed(PatientName="Thistlewick^Marigold"),
            True,
            "by-name",
        ),
        ("an image that is not listed", _changed(SOPInstanceUID="2.25.6"), False, "study-alone"),
        ("an image of another study", _changed(StudyInstanceUID="2.25.7"), False, "one-uid"),
        ("an image of another series", _changed(SeriesInstanceUID="2.25.8"), False, "one-uid"),
        ("an image of another patient", _changed(PatientID="LK-20990"), False, "no-patient"),
    )
    for what, ds, right, mistake in cases:
        got = work.call(ds, manifest)
        if got is None or got is ...:
            return blank()
        if bool(got) != right:
            return failed(expected=f"{what}: {right}", got=str(got), rule=RULE, mistake=mistake)
    return passed("The prior comes in however it is spelled, and four others do not.", rule=RULE)
