"""Encoding a stored object in another transfer syntax, where a peer does not take its own.

Only towards uncompressed ones: what every receiver has to understand (PS3.5 10.1).
"""

from __future__ import annotations

from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import dcmread
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from labkit.common.errors import DataError
from labkit.pacs.header import encoding_of
from labkit.pacs.part10 import file_meta

# In order of preference: what keeps the VRs comes first.
NATIVE = tuple(map(str, (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)))
_NATIVE_OR_DEFLATED = frozenset((*NATIVE, str(DeflatedExplicitVRLittleEndian)))
_WORD = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}  # bytes that change places (PS3.5 7.3)


def convert(data: bytes, origin: str, target: str) -> bytes:
    """Encode a data set anew.

    Parameters
    ----------
    data
        The encoded data set.
    origin, target
        Transfer syntaxes; `target` one of `NATIVE`.

    Raises
    ------
    DataError
        There is no decoder for the pixel data, or it is damaged.
    """
    if origin == target:
        return data
    try:
        ds = dcmread(BytesIO(file_meta("", "", origin) + data))
        if origin not in _NATIVE_OR_DEFLATED:
            ds.decompress(generate_instance_uid=False)
        else:
            ds.decode()
        source, wanted = encoding_of(origin), encoding_of(target)
        if source.little != wanted.little:
            _swap(ds)
        file = DicomBytesIO()
        file.is_little_endian, file.is_implicit_VR = wanted.little, wanted.implicit
        write_dataset(file, Dataset(ds))
    except Exception as error:  # pydicom and the decoders raise whatever they come across
        raise DataError(
            f"cannot be converted from {origin} to {target} ({type(error).__name__}: {error})",
            remedy="Have the peer accept the object's own transfer syntax.",
        ) from error
    return bytes(file.getvalue())


def _swap(ds: Dataset) -> None:
    """Change the byte order of values that pydicom keeps as plain bytes."""
    for element in ds.iterall():
        size = _WORD.get(element.VR)
        if size and isinstance(element.value, bytes):
            whole = len(element.value) // size * size
            words = bytearray(element.value[:whole])
            for at in range(size // 2):
                words[at::size], words[size - 1 - at :: size] = (
                    words[size - 1 - at :: size],
                    words[at::size],
                )
            element.value = bytes(words) + element.value[whole:]
