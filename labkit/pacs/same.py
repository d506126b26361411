"""Whether two encoded data sets are the same object."""

from __future__ import annotations

from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread
from pydicom.uid import UID

from labkit.pacs.part10 import file_meta


def same_content(
    first: bytes, first_syntax: str, second: bytes | memoryview, second_syntax: str
) -> bool:
    """Compare two encoded data sets.

    In one transfer syntax, byte by byte. In two (the sender had to fall back to another one, or an
    object came back from a peer that re-encodes), element by element; compressed pixel data is then
    left out, since decoding to compare would trust the codec more than the UID.
    """
    if first_syntax == second_syntax:
        return first == second
    one, two = _parse(first, first_syntax), _parse(second, second_syntax)
    if one is None or two is None:
        return False
    if UID(first_syntax).is_compressed or UID(second_syntax).is_compressed:
        for ds in (one, two):
            if "PixelData" in ds:
                del ds.PixelData
    return one == two


def _parse(data: bytes | memoryview, transfer_syntax: str) -> Dataset | None:
    try:
        ds = dcmread(BytesIO(b"".join((file_meta("", "", transfer_syntax), data))))
        ds.decode()
    except Exception:  # whatever pydicom finds wrong with it, it is not known to be the same
        return None
    return Dataset(ds)
