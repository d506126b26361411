"""What the header says of burned-in text and of faces, where nobody has looked at the pixels.

What is likely is held for a person; of what may be, for all that the header tells, one is told
(PS3.15 E.1.1, E.3.1, E.3.2).
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset

from labkit.deid.seams import Risk

_PIXELS = (0x7FE00010, 0x7FE00008, 0x7FE00009)
_BASE = "1.2.840.10008.5.1.4.1.1."
#: Primary images of these modalities are reconstructed: nothing is burned in by the device.
_RECONSTRUCTED = frozenset(
    _BASE + tail
    for tail in ("2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "128", "128.1", "130", "20")
)
#: No picture of a person: segmentations, maps, dose.
_NO_PICTURE = frozenset(_BASE + tail for tail in ("66.4", "66.7", "30", "481.2"))
#: IODs in whose image module Burned In Annotation is Type 1, so that a NO is somebody's word.
_DECLARES = frozenset(
    _BASE + tail for tail in ("1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "13.1.3", "13.1.4")
)
_VOLUMES = _RECONSTRUCTED - {_BASE + "20"}
_NO_FACE = re.compile(
    r"\b(chest|thora\w*|lungs?|abdom\w*|pelvi\w*|hips?|knees?|foot|feet|ankles?|hands?|wrists?|"
    r"elbows?|shoulders?|legs?|arms?|heart|cardiac|liver|kidneys?|prostate|breasts?|lspine|tspine|"
    r"lumbar|thoracic|femur|tibia|extremity)\b",
    re.IGNORECASE,
)
_FACE = re.compile(
    r"\b(head|brain|skull|fac\w*|sinus\w*|orbits?|neck|jaw|dental|cranial\w*|cerebr\w*|tmj|ear|eye|"
    r"cspine|cervical|whole\s?body|wholebody|cta|stroke|neuro)\b",
    re.IGNORECASE,
)
_SCREENS = frozenset({"SCREEN SAVE", "DOSE", "REPORT"})
#: Ultrasound, secondary capture, angiography, photographs: the device or a person writes on them.
_WITH_TEXT = tuple(_BASE + tail for tail in ("3", "6", "7", "12", "77.1"))


def has_pixels(ds: Dataset) -> bool:
    """Say whether an object has pixel data, of any kind."""
    return any(tag in ds for tag in _PIXELS)


def text_risk(ds: Dataset) -> Risk:
    """Say why burned-in text may be there."""
    burned = str(ds.get("BurnedInAnnotation", "") or "").strip()
    if burned == "YES":
        return Risk("Burned In Annotation (0028,0301) is YES", True)
    sop_class = str(ds.get("SOPClassUID", ""))
    if sop_class in _NO_PICTURE:
        return Risk()
    kinds = [str(v) for v in ds.get("ImageType") or []]
    if _SCREENS.intersection(kinds):
        return Risk("a picture of a screen has burned-in text, and nobody has looked", True)
    if sop_class in _RECONSTRUCTED and kinds[:1] and "SECONDARY" not in kinds[1:2]:
        return Risk()
    if sop_class in _DECLARES and burned == "NO":
        return Risk()
    usual = any(sop_class == one or sop_class.startswith(f"{one}.") for one in _WITH_TEXT)
    return Risk("pixels of this kind may carry burned-in text, and nobody has looked", usual)


def face_risk(ds: Dataset) -> Risk:
    """Say why a face may be reconstructed from this image."""
    sop_class = str(ds.get("SOPClassUID", ""))
    photograph = sop_class.startswith(_BASE + "77.1.") and not sop_class.startswith(
        (_BASE + "77.1.2", _BASE + "77.1.3", _BASE + "77.1.6", _BASE + "77.1.5")
    )
    if str(ds.get("RecognizableVisualFeatures", "") or "") == "YES":
        return Risk("Recognizable Visual Features (0028,0302) is YES", True)
    if photograph:
        return Risk("a photograph may show a face", True)
    if sop_class not in _VOLUMES:
        return Risk()
    examined = _examined(ds)
    if _FACE.search(examined):
        return Risk("slices of a head show a face when they are rendered", True)
    if not _NO_FACE.search(examined):
        return Risk("nothing says which part of the body this is: it may be a head")
    return Risk()


def _examined(ds: Dataset) -> str:
    words = [str(ds.get(k, "") or "") for k in (
        "BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName",
    )]  # fmt: skip
    for name in ("AnatomicRegionSequence", "ProcedureCodeSequence"):
        words += [str(code.get("CodeMeaning", "")) for code in ds.get(name) or []]
    for group in ds.get("SharedFunctionalGroupsSequence") or []:
        for anatomy in group.get("FrameAnatomySequence") or []:
            for code in anatomy.get("AnatomicRegionSequence") or []:
                words.append(str(code.get("CodeMeaning", "")))
    return re.sub(r"[_^/\-]", " ", " ".join(words))
