"""What C-STORE sends: each object as encoded bytes in its own transfer syntax, read when needed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.dsutils import decode, encode

from labkit.common.errors import DataError, UsageError

Source = Dataset | Path | bytes
Objects = Dataset | str | Path | bytes | Iterable[Any]

# What a broken object makes pydicom raise: its readers promise no error type of their own.
UNREADABLE = (
    BytesLengthException, InvalidDicomError, OSError, ValueError, KeyError, TypeError,
    AttributeError, NotImplementedError, EOFError, IndexError, OverflowError, AssertionError,
    RecursionError,
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
    offset
        Where the data set begins in the file, in bytes.
    """

    source: Source
    sop_class: str = ""
    sop_instance: str = ""
    transfer_syntax: str = ""
    problem: str = ""
    attempts: int = field(default=0, compare=False)
    offset: int = 0

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
            with self.source.open("rb") as file:
                file.seek(self.offset)
                return file.read()
        assert isinstance(self.source, bytes)
        return self.source[self.offset :]


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
                    yield _from_part10(file)
        else:
            yield _from_part10(path)
    elif isinstance(objects, (bytes, bytearray, memoryview)):
        yield _from_part10(bytes(objects))
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


def _from_part10(source: Path | bytes) -> Outgoing:
    item = Outgoing(source)
    try:
        opened = source.open("rb") if isinstance(source, Path) else BytesIO(source)
        with warnings.catch_warnings(), opened as stream:
            warnings.simplefilter("ignore")  # it is sent as it is, oddities included
            read_preamble(stream, False)
            meta = read_dataset(stream, False, True, stop_when=_after_group_2)
            item.offset = stream.tell()
            syntax = UID(meta.TransferSyntaxUID)
            item.transfer_syntax = str(syntax)
            _identify(item, _identity(stream, syntax))
    except InvalidDicomError:
        item.problem = "not a DICOM file: no DICM after 128 bytes (PS3.10 7.1)"
    except FileNotFoundError:
        item.problem = "there is no such file"
    except AttributeError:
        item.problem = "its file meta information has no Transfer Syntax UID (PS3.10 7.1)"
    except UNREADABLE as error:
        item.problem = f"cannot be read: {error}"
    return item


def _after_group_2(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != 2


def _identity(stream: BinaryIO, syntax: UID) -> Dataset:
    """Read no further than the SOP Instance UID (0008,0018)."""
    if syntax.is_deflated:
        stream.seek(0)
        return dcmread(stream, specific_tags=["SOPClassUID", "SOPInstanceUID"])
    return read_dataset(
        stream,
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=lambda tag, vr, length: tag > 0x00080018,
    )


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
