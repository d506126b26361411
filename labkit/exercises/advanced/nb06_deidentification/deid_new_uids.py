"""New UIDs, old references.

A key object refers to slices by UID. After you it has to refer to the same slices.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb06_deidentification._people import ROOT, reference, slice_of

_RIGHT = """
    def renew(ds, new):
        for part in (ds.file_meta, ds):
            for element in list(part.iterall()):
                if element.VR != "UI" or not element.value:
                    continue
                uids = [element.value] if isinstance(element.value, str) else element.value
                made = [uid if uid.startswith("1.2.840.10008.") else new(uid) for uid in uids]
                element.value = made if len(made) > 1 else made[0]
"""

EXERCISE = Exercise(
    blank="""
    def renew(ds, new):
        ...  # replace the UIDs of ds in place; new(uid) gives the new UID of one
    """,
    answer="renew",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A UID of an instance finds the patient in any archive that holds it, so all are replaced,
        wherever they stand: also in the file meta information, Frame of Reference UID too. The same
        UID becomes the same everywhere, else references lead nowhere. The UIDs of the standard
        itself, below 1.2.840.10008, mean the same to everybody: SOP classes, transfer syntaxes.
    """,
    hints=(
        "All elements of VR UI, at all depths. Which of them must keep their value?",
        "SOP Class UID and Transfer Syntax UID begin with 1.2.840.10008.",
        "A value may be several UIDs; and file_meta has the instance's UID once more.",
    ),
    wrong=(
        Wrong(
            "random-each-time",
            "from pydicom.uid import generate_uid\n" + _RIGHT.replace("\n    ", "\n").replace(
                "new(uid) for uid", "generate_uid() for uid"),
            """You made a new UID for each element. Slices of one study are now of as many studies,
            and the key object refers to nothing.""",
        ),
        Wrong(
            "classes-too",
            _RIGHT.replace('uid if uid.startswith("1.2.840.10008.") else new(uid)', "new(uid)"),
            """You replaced the UIDs of the standard as well. Nobody knows the SOP class of your
            object now, nor its transfer syntax: it cannot be opened.""",
        ),
        Wrong(
            "top-level-only",
            _RIGHT.replace("part.iterall()", "part"),
            """You replaced UIDs at the top level. The references in sequences still name the
            originals: they do not lead to your slices, and they do lead to the patient.""",
        ),
        Wrong(
            "meta-forgotten",
            _RIGHT.replace("(ds.file_meta, ds)", "(ds,)"),
            """You forgot Media Storage SOP Instance UID (0002,0003). It has the original UID, and
            a reader that compares the two refuses the file.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.1.1"), cite("PS3.15", "E.3.9"))


def _new(uid: str) -> UID:
    return UID("2.25." + str(int.from_bytes(uid.encode(), "big") % 10**30))


def check(work: Work) -> Verdict:
    """Renew a slice and an object that refers to it, then follow the reference."""
    image, key_object = slice_of(4), slice_of(9, RelatedGeneralSOPClassUID=None)
    del key_object.RelatedGeneralSOPClassUID
    series = Dataset()
    series.SeriesInstanceUID = image.SeriesInstanceUID
    series.ReferencedSOPSequence = [reference(f"{ROOT}.3.4")]
    key_object.ReferencedSeriesSequence = [series]
    key_object.add_new(0x00081166, "UI", [f"{ROOT}.3.4", f"{ROOT}.3.5"])
    for ds in (image, key_object):
        before = str(ds.SOPInstanceUID)
        work.call(ds, _new)
        if ds is image and str(ds.SOPInstanceUID) == before:
            return blank()
    named = key_object.ReferencedSeriesSequence[0]
    inner = named.ReferencedSOPSequence[0]
    for what, got, wanted, mistake in (
        ("SOP Class UID", image.SOPClassUID, slice_of().SOPClassUID, "classes-too"),
        ("transfer syntax", image.file_meta.TransferSyntaxUID,
         slice_of().file_meta.TransferSyntaxUID, "classes-too"),
        ("the study of both", key_object.StudyInstanceUID, image.StudyInstanceUID,
         "random-each-time"),
        ("the slice that is referred to", inner.ReferencedSOPInstanceUID,
         image.SOPInstanceUID, "top-level-only" if ROOT in inner.ReferencedSOPInstanceUID else
         "random-each-time"),
        ("its series", named.SeriesInstanceUID, image.SeriesInstanceUID, "top-level-only"),
        ("file meta information", image.file_meta.MediaStorageSOPInstanceUID,
         image.SOPInstanceUID, "meta-forgotten"),
        ("frame of reference", image.FrameOfReferenceUID, _new(f"{ROOT}.9"), ""),
        ("a list of UIDs", list(key_object[0x00081166].value),
         [_new(f"{ROOT}.3.4"), _new(f"{ROOT}.3.5")], ""),
    ):  # fmt: skip
        if got != wanted:
            return failed(expected=f"{what}: {_short(wanted)}", got=_short(got), rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("The key object refers to the same slices, and nothing names the old ones.",
                  rule=RULE)  # fmt: skip


def _short(value: object) -> str:
    return getattr(value, "name", None) or str(value)
