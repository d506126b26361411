"""Project 4: look at what arrived, and write down what it is.

Whoever accepts a system does not believe a status: they open an image and check it.
"""

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import modality_values, stored_values
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import arrived

_FINDINGS = """
    ds = arrived[0]
    values = {values}
    findings = {{
        "SOPInstanceUID": {uid},
        "Modality": ds.Modality,
        "Rows": {rows},
        "Columns": {columns},
        "lowest": values.min(),
        "highest": values.max(),
    }}
"""


def _findings(
    values: str = "modality_values(ds)",
    uid: str = "ds.SOPInstanceUID",
    rows: str = "ds.Rows",
    columns: str = "ds.Columns",
) -> str:
    return _FINDINGS.format(values=values, uid=uid, rows=rows, columns=columns)


EXERCISE = Exercise(
    given="""
        from labkit.dicom import modality_values, real_file
        from labkit.dimse import identifier, move, store
        from pydicom import dcmread
        mark = lab.mark()
        my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
        store(lab.archive, my_files)
        study_uid = dcmread(my_files[0]).StudyInstanceUID
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
        arrived = [d for d in lab.received("WORKSTN") if d.StudyInstanceUID == study_uid]
    """,
    blank="""
        findings = {
            "SOPInstanceUID": ...,  # of one image that WORKSTN has got
            "Modality": ...,
            "Rows": ...,
            "Columns": ...,
            "lowest": ...,          # lowest and highest value, in the unit of the modality (CT: HU)
            "highest": ...,
        }
    """,
    answer="findings",
    expects=dict,
    reference=_findings(),
    explanation="""
        lab.received() gives the objects that WORKSTN holds, as data sets. Stored pixel values are
        only numbers; Rescale Slope and Intercept make Hounsfield units of them (PS3.3 C.11.1). A
        viewer that forgets the step shows water at 1024 and air at 24 and looks right, since the
        window hides it: that is why an acceptance test writes down values and not impressions.
    """,
    hints=(
        "arrived, made in the cell above this one, is the list of what WORKSTN has of your study.",
        "Take everything from that object, not from your own file. modality_values(ds) gives the "
        "values after the rescale.",
        "values = modality_values(ds); then ds.Rows, ds.Columns, values.min() and values.max().",
    ),
    wrong=(
        Wrong(
            "stored-values",
            _findings(values="ds.pixel_array"),
            """You took the stored numbers. The rescale is missing: slope and intercept make
            the unit of the modality out of them.""",
        ),
        Wrong(
            "another-object",
            "import pydicom\nother = dcmread(real_file('MR_small'))\n"
            + _findings(uid="other.SOPInstanceUID").replace("\n    ", "\n").strip(),
            """This SOP Instance UID is not at WORKSTN. Write down what arrived, not what you
            have.""",
        ),
        Wrong(
            "one-pixel-too-many",
            _findings(rows="ds.Rows + 1"),
            """Rows and Columns are in the header, (0028,0010) and (0028,0011), and have to
            agree with the picture.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.11.1")


def check(work: Work) -> Verdict:
    """Compare with the object that WORKSTN holds."""
    given = {str(key): value for key, value in work.answer.items()}
    held = arrived(work)
    uid = str(given.get("SOPInstanceUID", "")).strip()
    ds = next((d for d in held if str(d.SOPInstanceUID) == uid), None)
    if ds is None:
        expected = "the SOP Instance UID of an object that WORKSTN got in this project"
        rule = cite("PS3.3", "C.12.1")
        return failed(expected=expected, got=uid or "none", rule=rule, mistake="another-object")
    if "PixelData" not in ds:
        got = f"an object of modality {ds.Modality}, without pixels"
        why = "Move a study with images to WORKSTN, and take one."
        return failed(expected="an image", got=got, rule=RULE, why=why)
    for keyword in ("Modality", "Rows", "Columns"):
        if str(given.get(keyword)) != str(ds[keyword].value):
            mistake = "one-pixel-too-many" if keyword != "Modality" else ""
            expected, got = f"{keyword} {ds[keyword].value}", f"{keyword} {given.get(keyword)}"
            return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    return _values(given, ds)


def _values(given: dict[str, Any], ds: Dataset) -> Verdict:
    right, raw = _ends(modality_values(ds)), _ends(stored_values(ds))
    try:
        got = (float(given["lowest"]), float(given["highest"]))
    except (KeyError, TypeError, ValueError):
        return failed(expected="lowest and highest as numbers", got=given, rule=RULE)
    said = f"{got[0]:g} to {got[1]:g}"
    if np.allclose(got, right, atol=0.5):
        return passed(f"What arrived is what was sent: {said}.", rule=RULE)
    mistake = "stored-values" if np.allclose(got, raw, atol=0.5) else ""
    expected = "lowest and highest value after the rescale"
    return failed(expected=expected, got=said, rule=RULE, mistake=mistake)


def _ends(values: Any) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))
