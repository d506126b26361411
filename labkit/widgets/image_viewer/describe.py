"""What the view is told about stacks and frames: plain data, no pixels."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicom.frames import Frame, Window, numbers
from labkit.dicom.geometry import orientation_labels, plane
from labkit.dicom.stacks import Stack

PRESETS = {
    "brain": Window(40, 80, name="brain"),
    "stroke": Window(35, 40, name="stroke"),
    "subdural": Window(75, 215, name="subdural"),
    "soft tissue": Window(40, 400, name="soft tissue"),
    "lung": Window(-600, 1500, name="lung"),
    "bone": Window(450, 1800, name="bone"),
    "angiography": Window(300, 600, name="angiography"),
}
"""Windows in everyday use for CT, in HU. A habit of readers, not of the standard."""

MODES = ("file", "auto", "manual")
"""Presets that every picture has: the file's own, all values, and what was set by hand."""


def describe_stack(stack: Stack) -> dict[str, Any]:
    """Return what is the same for all frames, and a list of what is not."""
    first = stack.frames[0]
    names = [window.name for window in first.windows[1:]]
    return {
        "label": stack.label,
        "colour": first.is_colour,
        "unit": first.unit,
        "presets": list(PRESETS) if first.unit == "HU" else [],
        "file_windows": names,
        "frame_ms": frame_time(first.ds, len(stack.frames)),
        "corner": corner_texts(first.ds),
        "frames": [describe_frame(frame) for frame in stack.frames],
    }


def describe_frame(frame: Frame) -> dict[str, Any]:
    """Return size, place, value scale and windows of one frame."""
    rows, columns = frame.shape
    slope, intercept = frame.rescale
    labels = orientation_labels(frame.ds, frame.number)
    told: dict[str, Any] = {
        "rows": rows, "columns": columns, "aspect": frame.aspect,
        "slope": slope, "intercept": intercept, "inverted": frame.is_inverted,
        "spacing": frame.spacing,
        "labels": [labels.left, labels.right, labels.top, labels.bottom],
        "windows": [
            [w.center, w.width, w.function, *([w.table] if w.table else [])] for w in frame.windows
        ],
        "number": frame.ds.get("InstanceNumber"),
    }  # fmt: skip
    try:
        corner, along_row, along_column = plane(frame.ds, frame.number)
    except DataError:
        return told
    told["plane"] = [*corner.tolist(), *along_row.tolist(), *along_column.tolist()]
    return told


def frame_time(ds: Dataset, count: int) -> float:
    """Return how long a frame is shown in cine, in ms (PS3.3 C.7.6.5); 100 where unsaid."""
    vector = numbers(ds.get("FrameTimeVector"))[1:]
    for time in (numbers(ds.get("FrameTime")), [sum(vector) / len(vector)] if vector else []):
        if time and time[0] > 0:
            return time[0]
    for rate in ("RecommendedDisplayFrameRate", "CineRate"):
        found = numbers(ds.get(rate))
        if found and found[0] > 0:
            return 1000 / found[0]
    return 100.0 if count > 1 else 0.0


def corner_texts(ds: Dataset) -> dict[str, list[str]]:
    """Return the texts of the picture's corners, as archives' viewers place them."""

    def text(*keywords: str) -> str:
        return " ".join(str(ds.get(k)) for k in keywords if ds.get(k) not in (None, "")).strip()

    born = date_text(text("PatientBirthDate"))
    return {
        "patient": [person(text("PatientName")), text("PatientID"),
                    " ".join(part for part in (born, text("PatientSex")) if part)],
        "study": [text("InstitutionName"), text("StudyDescription"),
                  " ".join(p for p in (date_text(text("StudyDate")), time_text(text("StudyTime")))
                           if p),
                  text("AccessionNumber")],
        "series": [f"Series {text('SeriesNumber')}".strip() if text("SeriesNumber") else "",
                   text("SeriesDescription")],
    }  # fmt: skip


def person(name: str) -> str:
    """Write a Person Name for reading: ``"Doe^Jo=…"`` is Doe, Jo, then its other spellings."""
    groups = [group.split("^") for group in name.split("=") if group.strip("^ ")]
    return " / ".join(", ".join(part for part in group[:2] if part) for group in groups)


def date_text(date: str) -> str:
    """Write a DA as ``2026-01-15``; other text stays as it is."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else date


def time_text(time: str) -> str:
    """Write a TM as ``09:30``."""
    return f"{time[:2]}:{time[2:4]}" if time[:4].isdigit() and len(time) >= 4 else time
