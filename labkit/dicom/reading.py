"""Read a DICOM file, or say what it is instead.

A DICOM file (PS3.10 7.1) starts with a preamble of 128 bytes that mean nothing, then ``DICM``, then
the file meta information, then the data set. What is handed over on a disc is often something else.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from labkit.common.errors import DataError
from labkit.dicom.guarded import InflatedTooLarge, read_dataset

#: What pydicom and zlib raise on bytes that are no data set.
PARSE_ERRORS = (
    AttributeError, BytesLengthException, EOFError, InvalidDicomError, KeyError,
    NotImplementedError, OSError, OverflowError, RecursionError, TypeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip

_MEANT_FOR_YOU = "ask for the DICOM file itself"
_UNPACK = "unpack it and read the files inside"

#: First bytes, what that is, what to do.
_KINDS = (
    (b"\xff\xd8\xff", "a JPEG picture", _MEANT_FOR_YOU),
    (b"\x89PNG", "a PNG picture", _MEANT_FOR_YOU),
    (b"GIF8", "a GIF picture", _MEANT_FOR_YOU),
    (b"BM", "a BMP picture", _MEANT_FOR_YOU),
    (b"II*\x00", "a TIFF picture", _MEANT_FOR_YOU),
    (b"MM\x00*", "a TIFF picture", _MEANT_FOR_YOU),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", _MEANT_FOR_YOU),
    (b"\xff\x4f\xff\x51", "a bare JPEG 2000 codestream", "wrap it in a data set first"),
    (b"%PDF", "a PDF document", "a PDF travels in DICOM as an Encapsulated PDF object"),
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"\x1f\x8b", "a gzip file", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"SQLite format 3", "an SQLite database", "an archive's index is not its images"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
    (b"<?xml", "an XML document", "XML is read with pydicom only after conversion"),
    (b"<!doctype html", "an HTML page", "a server sent a page (a login?) in place of the file"),
    (b"<html", "an HTML page", "a server sent a page (a login?) in place of the file"),
    (b"--", "a MIME multipart body", "split it into its parts: each is one DICOM file"),
    (b"{", "JSON", "if it is DICOM JSON: pydicom.Dataset.from_json"),
    (b"[", "JSON", "if it is DICOM JSON: pydicom.Dataset.from_json on each member"),
)


def read(source: str | Path | bytes, *, force: bool = False) -> FileDataset:
    """Read one DICOM file from a path or from bytes.

    Parameters
    ----------
    source
        A path, or the bytes of a whole file.
    force
        Take what can be had of a file that has no preamble, or that was cut short.

    Returns
    -------
    pydicom.dataset.FileDataset
        Pixel data are not decoded.

    Raises
    ------
    DataError
        If there is no such file, or it is not DICOM; says what it is and what to do.
    """
    name, data = _bytes_of(source)
    if data[128:132] != b"DICM":
        kind, remedy, readable = what_instead(data)
        if not (force and readable):
            raise DataError(f"{name} is not a DICOM file but {kind}", remedy=remedy)
    try:
        ds = read_dataset(BytesIO(data), force=force)
        cut = cut_short(ds, data)
    except InflatedTooLarge as error:
        raise DataError(f"{name}: {error.message}", remedy=error.remedy) from error
    except PARSE_ERRORS as error:
        raise DataError(
            f"{name} starts as DICOM, but cannot be read further ({error})",
            remedy="it is damaged or cut short: fetch it again and compare the sizes",
        ) from error
    if not force and not len(ds):
        raise DataError(f"{name} ends after its file meta information", remedy="fetch it again")
    if cut and not force:
        raise DataError(
            f"{name} is DICOM, but cut short: {cut}",
            remedy="fetch it again; read(…, force=True) gives what there is of the header",
        )
    if not isinstance(source, (bytes, bytearray, memoryview)):
        ds.filename = str(source)
    return ds


def _bytes_of(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "this", bytes(source)
    path = Path(source)
    if path.is_dir():
        raise DataError(
            f"{path} is a folder",
            remedy="read the files in it one by one, or all with labkit.dicom.tree(folder)",
        )
    try:
        return path.name, path.read_bytes()
    except FileNotFoundError as error:
        near = path.parent if path.parent.is_dir() else "its folder"
        raise DataError(
            f"there is no file {path}", remedy=f"look at what is in {near}; is the folder right?"
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be opened: {error.strerror}", remedy="check its permissions"
        ) from error


def what_instead(data: bytes) -> tuple[str, str, bool]:
    """Say what bytes without ``DICM`` are, what to do, and whether reading by force may work."""
    if not data:
        return "empty", "the copy failed: fetch it again", False
    if data.strip(b"\x00") == b"":
        return "nothing but zero bytes", "the copy failed: fetch it again", False
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, kind, remedy in _KINDS:
        if data.startswith(magic) or (magic[:1] in b"<-[{" and start.startswith(magic)):
            return kind, remedy, False
    if data[344:348] in (b"n+1\x00", b"ni1\x00"):
        return "a NIfTI volume", "NIfTI keeps no patient or study: ask for the DICOM files", False
    group, element = struct.unpack("<HH", data[:4].ljust(4, b"\0"))
    if group in (0x0002, 0x0008) and element < 0x1000:
        return (
            "a data set without preamble and DICM (PS3.10 7.1)",
            "read it with read(…, force=True); pydicom's save_as makes it a proper file",
            True,
        )
    if group in (0x0200, 0x0800):
        return "a big-endian data set without preamble", "read it with read(…, force=True)", True
    try:
        text = data[:400].decode("utf-8", "strict" if len(data) < 400 else "ignore")
    except UnicodeDecodeError:
        text = "\x00"
    if text.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in text):
        return "text", "open it in an editor: is it a note, or an error message?", False
    return "something unknown", "check where it came from; a DICOM file has DICM at byte 128", False


def cut_short(ds: Dataset, data: bytes) -> str:
    """Say where the file stops too early, or return ``""``."""
    tags = sorted(ds.keys())
    if tags:
        last = ds.get_item(tags[-1], keep_deferred=True)
        if isinstance(last, RawDataElement) and isinstance(last.value, bytes):
            missing = last.length - len(last.value)
            if last.length != 0xFFFFFFFF and missing > 0:
                return f"{missing} bytes are missing in the value of {last.tag}"
    if "Rows" in ds and not any(k in ds for k in ("PixelData", "FloatPixelData")):
        at = data.rfind(b"\xe0\x7f\x10\x00")
        if at > 0:
            return "the pixel data have no end"
    return ""
