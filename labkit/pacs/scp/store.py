"""Storage (PS3.4 Annex B): keeps an object, and says so only once it is on the disk."""

from __future__ import annotations

from labkit.common.errors import DataError
from labkit.common.wording import counted
from labkit.pacs.archive import DuplicateSopInstance
from labkit.pacs.config import name_of
from labkit.pacs.exchange import NOT_AUTHORISED, SUCCESS, Exchange
from labkit.pacs.header import Header, read_header
from labkit.pacs.hidden import set_aside, taken_by
from labkit.pacs.keys import tag_of
from labkit.pacs.part10 import file_meta
from labkit.pacs.scp.find import visible_to

OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH_SOP_CLASS = 0xA900
CANNOT_UNDERSTAND = 0xC000
COERCED = 0xB000
DUPLICATE_SOP_INSTANCE = 0x0111  # PS3.7 Annex C: a general failure, rarely seen with C-STORE


def serve(x: Exchange) -> None:
    """Answer a C-STORE."""
    uid = str(x.request.AffectedSOPInstanceUID)
    stream = x.request.DataSet
    # A view, not a copy: an object may be larger than what is left of the memory.
    data: bytes | memoryview = stream.getbuffer() if stream is not None else b""
    try:
        header = read_header(data, x.transfer_syntax)
    except DataError as error:
        _refuse(x, uid, CANNOT_UNDERSTAND, error.message)
        return
    if not _agrees(x, header) or not _allowed(x, header):
        return
    sink = x.around.sink or x.archive
    try:
        stored = sink.add(data, transfer_syntax=x.transfer_syntax, source=x.actor, header=header)
    except DuplicateSopInstance as error:
        if _hidden(x, uid):
            _set_aside(x, uid, data, header)
            return
        comment = "another object has this SOP Instance UID"
        _refuse(x, uid, DUPLICATE_SOP_INSTANCE, error.message, comment=comment)
        return
    except OSError as error:
        _refuse(x, uid, OUT_OF_RESOURCES, f"it cannot be written: {error.strerror}")
        return
    x.info(
        f"C-STORE {stored.outcome}: {name_of(header['SOPClassUID'])} {uid}, "
        f"{name_of(x.transfer_syntax)}, {len(data)} bytes"
    )
    if stored.hides:
        x.info(f"C-STORE: the note rejects {counted(len(stored.hides), 'object')}")
    x.respond(COERCED if stored.outcome == "coerced" else SUCCESS)


def _agrees(x: Exchange, header: Header) -> bool:
    """What the message says about the object and what the object says are to be the same."""
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        said = str(getattr(x.request, f"Affected{keyword}"))
        if header[keyword] != said:
            _refuse(
                x, said, DOES_NOT_MATCH_SOP_CLASS,
                f"the message says {keyword} {said}, the data set {header[keyword]}",
                comment=f"{keyword} of message and data set differ", offending=keyword,
            )  # fmt: skip
            return False
    return True


def _allowed(x: Exchange, header: Header) -> bool:
    keywords = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    decision = x.may("C-STORE", {keyword: header[keyword] for keyword in keywords})
    if not decision:
        uid, comment = header["SOPInstanceUID"], "this object may not be stored"
        _refuse(x, uid, NOT_AUTHORISED, decision.reason, comment=comment)
    return bool(decision)


def _hidden(x: Exchange, uid: str) -> bool:
    """Whether the object that has this UID is one that the sender must not know of."""
    whose = taken_by(x.around.archive, uid) if x.around.archive is not None else None
    return whose is not None and not visible_to(x, "C-FIND")(*whose)


def _set_aside(x: Exchange, uid: str, data: bytes | memoryview, header: Header) -> None:
    meta = file_meta(header["SOPClassUID"], uid, x.transfer_syntax, x.actor)
    try:
        path = set_aside(x.archive.root, (meta, data))
    except OSError as error:
        _refuse(x, uid, OUT_OF_RESOURCES, f"it cannot be written: {error.strerror}")
        return
    x.warn(f"C-STORE set aside as {path.name}: the UID is taken by an object that is hidden")
    x.respond(SUCCESS)


def _refuse(
    x: Exchange, uid: str, status: int, why: str, *, comment: str = "", offending: str = ""
) -> None:
    x.warn(f"C-STORE refused ({status:04X}): {why} [{uid}]")
    tags = [tag_of(offending)] if offending else None
    x.respond(status, comment=comment or why, offending=tags)
