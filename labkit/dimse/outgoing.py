"""What C-STORE sends: each object as encoded bytes in its own transfer syntax, read when needed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.dsutils import decode, encode, split_dataset

from labkit.common.errors import DataError, UsageError

Source = Dataset | Path | bytes
Objects = Dataset | str | Path | bytes | Iterable[Any]

_IDENTITY = ["SOPClassUID", "SOPInstanceUID"]
# What a broken object makes pydicom raise: its readers promise no error type of their own.
UNREADABLE = (
    InvalidDicomError, OSError, ValueError, KeyError, TypeError, AttributeError,
    NotImplementedError, EOFError, IndexError, OverflowError, AssertionError, RecursionError,
)  # fmt: skip


@dataclass
class Outgoing:
    """One object to send.

    Attributes
    ----------
    source
        The data set, path or bytes it comes from.
    sop_class, sop_instance, transfer_syntax
        Its UIDs; empty where it could not be read.
    problem
        Why it cannot be sent, or empty.
    attempts
        How often it was sent.
    """

    source: Source
    sop_class: str = ""
    sop_instance: str = ""
    transfer_syntax: str = ""
    problem: str = ""
    attempts: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """A word for the source: the file's name, or what it is."""
        if isinstance(self.source, Path):
            return self.source.name
        return "data set" if isinstance(self.source, Dataset) else f"{len(self.source)} bytes"

    def encoded(self, transfer_syntax: str) -> bytes:
        """Give the data set's bytes in `transfer_syntax`; as they are, where it is their own.

        Raises
        ------
        DataError
            It cannot be encoded so.
        """
        if isinstance(self.source, Dataset):
            return _encode(self.source, UID(transfer_syntax))
        raw = self._raw()
        if transfer_syntax == self.transfer_syntax:
            return raw
        own = UID(self.transfer_syntax)
        ds = decode(BytesIO(raw), own.is_implicit_VR, own.is_little_endian, own.is_deflated)
        return _encode(ds, UID(transfer_syntax))

    def _raw(self) -> bytes:
        """Give the encoded data set without preamble and file meta information (PS3.10 7)."""
        if isinstance(self.source, Path):
            _, offset = split_dataset(self.source)
            with self.source.open("rb") as file:
                file.seek(offset)
                return file.read()
        assert isinstance(self.source, bytes)
        stream = BytesIO(self.source)
        meta = dcmread(stream, specific_tags=[], stop_before_pixels=True).file_meta
        # The group length counts what follows it: 132 + 12 bytes before that (PS3.10 7.1).
        return self.source[144 + int(meta.FileMetaInformationGroupLength) :]


def gather(objects: Objects) -> Iterator[Outgoing]:
    """Look at each object that `objects` stands for, folders searched through, in order.

    What cannot be read comes out with its problem in words; nothing is raised for it.

    Raises
    ------
    UsageError
        `objects`, or something in it, is of no kind that can be sent.
    """
    if isinstance(objects, Dataset):
        yield _from_dataset(objects)
    elif isinstance(objects, (str, Path)):
        path = Path(objects).expanduser()
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if file.is_file() and not hidden and file.name.upper() != "DICOMDIR":
                    yield _from_part10(file, file)
        else:
            yield _from_part10(path, path)
    elif isinstance(objects, (bytes, bytearray, memoryview)):
        data = bytes(objects)
        yield _from_part10(data, BytesIO(data))
    elif isinstance(objects, Iterable):
        item: Any
        for item in objects:
            yield from gather(item)
    else:
        raise UsageError(
            f"C-STORE cannot send a {type(objects).__name__}",
            remedy="Give a data set, a path, the bytes of a file, a folder, or a list of these.",
        )


def _from_dataset(ds: Dataset) -> Outgoing:
    item = Outgoing(ds)
    try:
        item.transfer_syntax = str(_syntax_of(ds))
        _identify(item, ds)
    except UNREADABLE as error:
        item.problem = f"not a usable data set: {error}"
    return item


def _syntax_of(ds: Dataset) -> UID:
    meta = getattr(ds, "file_meta", None)
    if meta is not None and meta.get("TransferSyntaxUID"):
        return UID(meta.TransferSyntaxUID)
    # Made in memory: pydicom knows how it was encoded, if it was.
    implicit, little = ds.original_encoding
    return ImplicitVRLittleEndian if implicit and little else ExplicitVRLittleEndian


def _from_part10(source: Path | bytes, stream: Path | BytesIO) -> Outgoing:
    item = Outgoing(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is sent as it is, oddities included
            ds = dcmread(stream, stop_before_pixels=True, specific_tags=_IDENTITY)
        item.transfer_syntax = str(ds.file_meta.TransferSyntaxUID)
        _identify(item, ds)
    except InvalidDicomError:
        item.problem = "not a DICOM file: no DICM after 128 bytes (PS3.10 7.1)"
    except FileNotFoundError:
        item.problem = "there is no such file"
    except AttributeError:
        item.problem = "its file meta information has no Transfer Syntax UID (PS3.10 7.1)"
    except UNREADABLE as error:
        item.problem = f"cannot be read: {error}"
    return item


def _identify(item: Outgoing, ds: Dataset) -> None:
    item.sop_class = str(ds.get("SOPClassUID") or "")
    item.sop_instance = str(ds.get("SOPInstanceUID") or "")
    for keyword, value in (("SOP Class", item.sop_class), ("SOP Instance", item.sop_instance)):
        if not value:
            item.problem = f"it has no {keyword} UID (PS3.3 C.12.1)"
        elif len(value) > 64 or not UID(value).is_valid:
            item.problem = f"its {keyword} UID is not a UID: {value[:70]!r} (PS3.5 9.1)"


def _encode(ds: Dataset, syntax: UID) -> bytes:
    data: bytes | None = encode(
        ds, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated
    )
    if data is None:
        raise DataError(
            f"the data set cannot be encoded as {syntax.name}",
            remedy="Save it with ds.save_as(…): pydicom then names the element that is wrong.",
        )
    return data
