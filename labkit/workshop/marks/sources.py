"""Where notebooks come from: learners' folders, and files and zip archives that were sent in.

What is in them was made by others. No name inside an archive ever becomes a path, nothing is
unpacked to a disk, and each thing that is passed over is said.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labkit.common.errors import DataError, UsageError
from labkit.workshop.marks.notebook import LARGEST
from labkit.workshop.places import checked_name

#: Of a zip archive: members, and bytes of all of them unpacked.
MOST_MEMBERS = 2000
MOST_BYTES = 200 * 1024 * 1024
#: Bytes of a journal; an act has some 200.
LARGEST_JOURNAL = 20 * 1024 * 1024
_PIECE = 1 << 20
JOURNAL = "progress.jsonl"


@dataclass(frozen=True)
class Piece:
    """A file that came in.

    Attributes
    ----------
    name
        Of the file, without folders.
    where
        For people: the file, and its name inside an archive.
    data
        Its bytes; empty where it is refused.
    refused
        Why it is not taken; ``""`` for one that is.
    """

    name: str
    where: str
    data: bytes = b""
    refused: str = ""


def pieces(source: Path) -> Iterator[Piece]:
    """Yield the notebooks and the journal of a folder, an archive, or a file.

    Raises
    ------
    UsageError
        There is no such thing, or it is of no such kind.
    """
    if source.is_dir():
        yield from _of_folder(source)
    elif source.suffix.lower() == ".ipynb" and source.is_file():
        yield _of_file(source, source.parent)
    elif source.is_file():
        yield from _of_zip(source)
    else:
        raise UsageError(
            f"there is no {source}", remedy="name a folder, a .zip or an .ipynb that is there"
        )


def _of_folder(folder: Path) -> Iterator[Piece]:
    home = folder.resolve()
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if ".ipynb_checkpoints" in inner.parts or "release" in inner.parts[:1]:
            continue
        hidden = any(part.startswith(".") for part in inner.parts[:-1])
        journal = path.name == JOURNAL and inner.parts in ((JOURNAL,), (".lab", JOURNAL))
        if journal or (path.suffix == ".ipynb" and not hidden and path.is_file()):
            yield _of_file(path, home)


def _of_file(path: Path, home: Path) -> Piece:
    where = str(path)
    most = LARGEST_JOURNAL if path.name == JOURNAL else LARGEST
    try:
        if path.is_symlink() or not path.resolve().is_relative_to(home.resolve()):
            return Piece(path.name, where, refused="it is a link to another place")
        size = path.stat().st_size
        if size > most:
            return Piece(path.name, where, refused=_large(size, most))
        return Piece(path.name, where, path.read_bytes())
    except OSError as error:
        return Piece(path.name, where, refused=f"it cannot be read: {error.strerror}")


def _of_zip(path: Path) -> Iterator[Piece]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, path)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        yield Piece(path.name, str(path), refused=f"it is not a whole zip archive ({error})")


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[Piece]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        yield Piece(path.name, str(path), refused=f"{len(members)} files are in it; {MOST_MEMBERS} "
                    "is the most: ask for the notebooks alone")  # fmt: skip
        return
    total = 0
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        where = f"{path}, {member.filename!r} in it"
        wanted = name.suffix == ".ipynb" or name.name == JOURNAL
        if member.is_dir() or not wanted or {".ipynb_checkpoints", "__MACOSX"} & set(name.parts):
            continue
        most = LARGEST_JOURNAL if name.name == JOURNAL else LARGEST
        total += member.file_size
        if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", str(name)):
            yield Piece(name.name, where, refused="its name leads out of the archive")
        elif (member.external_attr >> 16) & 0o170000 == 0o120000:
            yield Piece(name.name, where, refused="it is a link to another place")
        elif member.flag_bits & 1:
            yield Piece(name.name, where, refused="it is encrypted: ask for it without a password")
        elif member.file_size > most or total > MOST_BYTES:
            yield Piece(name.name, where, refused=_large(max(member.file_size, total), most))
        else:
            yield _unpacked(archive, member, name.name, where, most)


def _unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, where: str, most: int
) -> Piece:
    """Read one member; its header may lie about its size, so no more than `most` is read."""
    try:
        with archive.open(member) as stream:
            read = [stream.read(_PIECE)]
            while read[-1] and sum(map(len, read)) <= most:
                read.append(stream.read(_PIECE))  # zipfile unpacks as much as it is asked for
            data = b"".join(read)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError,
            ValueError) as error:  # fmt: skip
        return Piece(name, where, refused=f"it cannot be unpacked ({error})")
    return (
        Piece(name, where, refused=_large(len(data), most))
        if len(data) > most
        else Piece(name, where, data)
    )


def _large(size: int, most: int) -> str:
    return f"it has {size / 2**20:.0f} MB; {most // 2**20} MB is the most"


def named_by(source: Path, released: tuple[str, ...]) -> str:
    """Return the learner whom a source's own name tells.

    A folder and an archive are called as the learner; a notebook ``ada_07_send.ipynb`` or
    ``07_send_ada.ipynb``.

    Raises
    ------
    DataError
        A notebook whose name tells nobody.
    """
    stem = source.name if source.is_dir() else source.stem
    if source.suffix.lower() != ".ipynb":
        return checked_name(stem)
    for book in released:
        own = book.rpartition("/")[2].removesuffix(".ipynb")
        if own in stem:
            before, _, after = stem.partition(own)
            rest = before.strip(" _-") or after.strip(" _-")
            if rest and not re.fullmatch(r"[(]?\d*[)]?|copy\d*|Copy\d*", rest):
                return checked_name(rest)
    raise DataError(
        f"{source.name} does not say whose it is",
        remedy="say it with --name, or call the file ada_07_send.ipynb",
    )
