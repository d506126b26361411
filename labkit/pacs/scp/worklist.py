"""Modality Worklist (PS3.4 Annex K): a C-FIND that asks what is to be done."""

from __future__ import annotations

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.common.wording import counted
from labkit.pacs.answer import Answer, asked_items
from labkit.pacs.exchange import CANCEL, NOT_AUTHORISED, PENDING, SUCCESS, Exchange
from labkit.pacs.identifier import IdentifierError, character_set_of
from labkit.pacs.keys import tag_of
from labkit.pacs.matching import MatchError, element_text, matcher_for, matches
from labkit.pacs.scp.find import UNABLE_TO_PROCESS

# Required matching keys of PS3.4 Table K.6-1: unknown ones match everything (C.2.2.1.2).
REQUIRED = frozenset(
    tag_of(keyword)
    for keyword in (
        "ScheduledStationAETitle", "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime", "Modality", "ScheduledPerformingPhysicianName",
        "PatientName", "PatientID",
    )
)  # fmt: skip


def serve(x: Exchange) -> None:
    """Answer a C-FIND of the worklist."""
    decision = x.may("C-FIND", {})
    if not decision:
        x.warn(f"worklist C-FIND refused ({NOT_AUTHORISED:04X}): {decision.reason}")
        x.respond(NOT_AUTHORISED, comment=decision.reason)
        return
    try:
        keys = x.decode(x.request.Identifier)
        check_keys(keys)
    except IdentifierError as error:
        x.warn(f"worklist C-FIND failed ({error.status:04X}): {error.message}")
        x.respond(error.status, comment=error.message, offending=error.offending)
        return
    except DataError as error:
        x.warn(f"worklist C-FIND failed ({UNABLE_TO_PROCESS:04X}): {error.message}")
        x.respond(UNABLE_TO_PROCESS, comment=error.message)
        return
    _answer(x, keys)


def _answer(x: Exchange, keys: Dataset) -> None:
    entries = x.around.worklist.entries() if x.around.worklist is not None else []
    character_set = character_set_of(keys)
    sent = 0
    for entry in entries:
        if x.cancelled():
            x.info(f"worklist C-FIND cancelled by the peer after {counted(sent, 'match')}")
            x.respond(CANCEL)
            return
        # The order of a study that is made already tells of that study too.
        study = str(entry.get("StudyInstanceUID") or "")
        resource = {"PatientID": str(entry.get("PatientID") or ""),
                    "ScheduledStudyInstanceUID": study}  # fmt: skip
        if matches(keys, entry, REQUIRED) and x.may("C-FIND", resource):
            x.respond(PENDING, _asked(keys, entry).to_bytes(x.encoding, character_set))
            sent += 1
    x.info(
        f"worklist C-FIND: {counted(sent, 'match')} of {counted(len(entries), 'scheduled step')}"
    )
    x.respond(SUCCESS)


def _asked(keys: Dataset, entry: Dataset) -> Answer:
    answer = Answer()
    for key in keys:
        tag = int(key.tag)
        if tag == 0x00080005 or key.tag.element == 0:
            continue
        if key.tag in entry:
            answer.elements[tag] = asked_items(key, entry[key.tag])
        elif key.VR == "SQ":
            answer.elements[tag] = asked_items(key, type(key)(key.tag, "SQ", []))
        else:
            answer.texts[tag] = (str(key.VR), "")
    return answer


def check_keys(keys: Dataset) -> None:
    """Check that every key has a value that its VR allows in a query.

    Raises
    ------
    IdentifierError
        One has not.
    """
    for key in keys:
        if key.VR == "SQ":
            for item in key.value or ():
                check_keys(item)
            continue
        try:
            matcher_for(str(key.VR), element_text(key))
        except MatchError as error:
            name = keyword_for_tag(key.tag) or str(key.tag)
            raise IdentifierError(
                f"{name}: {error.message}", int(key.tag), remedy=error.remedy
            ) from error
