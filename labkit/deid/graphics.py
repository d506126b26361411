"""Graphic annotations of presentation states, overlays (PS3.15 E.3.3)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.deid.work import Work, put, text_of

ANNOTATIONS = 0x00700001
_TEXT = 0x00700006
_OBJECTS = 0x00700008
_MOST_POINTS = 64
_REMOVED = "REMOVED"


def dummy_annotation(work: Work, ds: Dataset) -> str:
    """D: one annotation on the first layer, which says that there was something."""
    layer = "LAYER1"
    for old in ds.get("GraphicLayerSequence") or []:
        layer = str(old.get("GraphicLayer", layer))
        break
    text = Dataset()
    text.UnformattedTextValue, text.AnchorPoint = _REMOVED, [0.0, 0.0]
    text.AnchorPointAnnotationUnits, text.AnchorPointVisibility = "DISPLAY", "N"
    item = Dataset()
    item.GraphicLayer, item.TextObjectSequence = layer, [text]
    put(ds, ANNOTATIONS, "SQ", [item])
    return "D"


def clean_annotations(work: Work, ds: Dataset) -> None:
    """C: shapes stay; of a text the safe words; a line long enough to be handwriting goes."""
    for item in work.trail.items(ANNOTATIONS, ds[ANNOTATIONS].value or []):
        work.walk(work, item)  # references to images get their new UIDs, texts are cleaned
        for text in work.trail.items(_OBJECTS, item.get("TextObjectSequence") or []):
            if _TEXT in text and not text_of(text, _TEXT).strip():
                put(text, _TEXT, "ST", _REMOVED)
        objects = item.get("GraphicObjectSequence")
        if objects:
            few = [o for o in objects if (o.get("NumberOfGraphicPoints") or 0) <= _MOST_POINTS]
            if len(few) != len(objects):
                put(item, 0x00700009, "SQ", few)
                work.trail.note(0x00700009, "Graphic Object Sequence", "C", "clean-graphics")
                if not few:
                    del item[0x00700009]


def remove_overlays(work: Work, ds: Dataset, groups: set[int]) -> None:
    """Remove whole overlays and curves, and bits of an overlay that lie in the pixels.

    Drawn text cannot be told from drawn anatomy, so Clean Graphics removes them too, as PS3.15
    E.3.3 allows.
    """
    embedded = False
    for tag in [t for t in ds.keys() if t >> 16 in groups]:  # noqa: SIM118
        if tag & 0xFFFF == 0x0100 and text_of(ds, tag) not in {"", "1"}:
            embedded = True
        del ds[tag]
    for group in sorted(groups):
        name = "Overlay" if group >= 0x6000 else "Curve"
        work.trail.note(group << 16, name, "X", "Basic Profile")
    if embedded:
        _mask(work, ds)


def _mask(work: Work, ds: Dataset) -> None:
    """Clear the bits of each pixel that are not stored pixel values (PS3.5 8.1.1)."""
    syntax = UID(str(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", "") or ""))
    allocated, high = ds.get("BitsAllocated"), ds.get("HighBit")
    stored = ds.get("BitsStored")
    if "PixelData" not in ds or allocated not in (8, 16) or high is None or not stored:
        return
    if not syntax or syntax.is_compressed or not syntax.is_little_endian:
        work.held.append("an overlay lies in unused bits of compressed pixel data")
        return
    mask = ((1 << stored) - 1) << (high - stored + 1)
    kind = np.dtype("<u2" if allocated == 16 else "u1")
    pixels = np.frombuffer(ds.PixelData[: len(ds.PixelData) // kind.itemsize * kind.itemsize], kind)
    ds.PixelData = (pixels & kind.type(mask)).tobytes()
    work.trail.note(0x7FE00010, "Pixel Data", "C", "an overlay lay in unused bits")
