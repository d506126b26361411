"""Decide by status what to send again.

Success, Warning, Failure: three words decide whether an object is stored (PS3.7 C, PS3.4 B.2.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom import Dataset

from labkit.common import cite
from labkit.dimse import SentItem, Status
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dimse import Peer, store
        from pynetdicom import AE, evt
        from pynetdicom.sop_class import CTImageStorage

        ANSWERS = {2: 0xB000, 4: 0xA700, 7: 0xC123}
        answered = {}

        def on_store(event):
            status = ANSWERS.get(event.dataset.InstanceNumber, 0x0000)
            answered[event.request.AffectedSOPInstanceUID] = status
            return status

        ae = AE(ae_title="TIREDBOX")
        ae.add_supported_context(CTImageStorage)
        handlers = [(evt.EVT_C_STORE, on_store)]
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        tiredbox = Peer("TIREDBOX", *server.server_address)
    """,
    blank="""
        result = store(tiredbox, lab.sample("ct-head-followup").files)

        again = ...  # SOP Instance UIDs that TIREDBOX refused for want of space: send them later
        look = ...   # SOP Instance UIDs that it cannot take as they are: a person must look
    """,
    answer="(again, look)",
    expects=tuple,
    reference="""
        result = store(tiredbox, lab.sample("ct-head-followup").files)

        again, look = [], []
        for item in result.failed:
            refused = 0xA700 <= item.status.code <= 0xA7FF
            (again if refused else look).append(item.SOPInstanceUID)
    """,
    explanation="""
        Slice 4 got A700: out of resources. The whole family A7xx means "not now", so the same
        object may be sent again later, by a program. Slice 7 got C123, of the family Cxxx, "cannot
        understand": the same bytes will fail tomorrow too, so a person has to look. Slice 2 got
        B000, a Warning: it is stored, and the receiver changed an element in its copy. In the field
        a full disk is not the only cause of A700: Orthanc answers A700 to anything that goes wrong,
        an object without a Study Instance UID too. The code sends you to the right log, no further.
    """,
    hints=(
        "result.items has one entry for each object, with .SOPInstanceUID and .status. Print the "
        "statuses first.",
        "The first hexadecimal digits are the family: B is a Warning, A7 a refusal for want of "
        "resources, C and A9 an error in the object. Only failures belong into your two lists.",
        "Go through result.failed. Where 0xA700 <= item.status.code <= 0xA7FF put "
        "item.SOPInstanceUID into again, else into look.",
    ),
    wrong=(
        Wrong(
            "warning-is-stored",
            """
            result = store(tiredbox, lab.sample("ct-head-followup").files)
            again = [i.SOPInstanceUID for i in result.items if i.status.code >> 8 == 0xA7]
            look = [i.SOPInstanceUID for i in result.items
                    if i.status != 0x0000 and i.status.code >> 8 != 0xA7]
            """,
            """A list has the object that was answered with B000. A Warning is no failure: the
            object is stored. A sender that takes everything but 0000 for a failure sends it for
            ever, and its queue never becomes empty.""",
        ),
        Wrong(
            "all-again",
            """
            result = store(tiredbox, lab.sample("ct-head-followup").files)
            again = [i.SOPInstanceUID for i in result.failed]
            look = []
            """,
            """You send every failure again. The one that the receiver could not understand will
            fail each time, and where the queue keeps its order, it blocks all that wait behind
            it.""",
        ),
        Wrong(
            "swapped",
            """
            result = store(tiredbox, lab.sample("ct-head-followup").files)
            look = [i.SOPInstanceUID for i in result.failed if i.status.code >> 8 == 0xA7]
            again = [i.SOPInstanceUID for i in result.failed if i.status.code >> 8 != 0xA7]
            """,
            """The two lists are the wrong way round. A7xx is about the receiver, who may have room
            later. Cxxx is about the object, which will not change by itself.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2.3")


def check(work: Work) -> Verdict:
    """Compare with what TIREDBOX itself says that it answered."""
    if any(value is ... or value is None for value in work.answer) or len(work.answer) != 2:
        return blank()
    record = work.namespace.get("answered")
    if not isinstance(record, dict) or not record:
        return failed(
            expected="that TIREDBOX was sent the ten slices",
            got="nothing in its record, answered",
            rule=RULE,
            why="Run the cell that makes TIREDBOX, then this one.",
        )
    answers = {str(uid): Status(int(code), "C-STORE") for uid, code in record.items()}
    failures = {uid: status for uid, status in answers.items() if not status}
    want_again = {uid for uid, status in failures.items() if 0xA700 <= status.code <= 0xA7FF}
    want_look = set(failures) - want_again
    again, look = (_uids(value) for value in work.answer)
    if (again, look) == (want_again, want_look):
        return passed(
            "One to send again, one to look at; the one with a Warning is stored.", rule=RULE
        )
    expected = f"{len(want_again)} to send again (A7xx), {len(want_look)} to look at"
    got = f"{_words(again, answers)} to send again; {_words(look, answers)} to look at"
    return failed(expected=expected, got=got, rule=RULE, mistake=_mistake(again, look, answers))


def _mistake(again: set[str], look: set[str], answers: dict[str, Status]) -> str:
    refused = {uid for uid, status in answers.items() if 0xA700 <= status.code <= 0xA7FF}
    other = {uid for uid, status in answers.items() if not status} - refused
    if any(answers[uid].category == "Warning" for uid in (again | look) & set(answers)):
        return "warning-is-stored"
    if again == other and look == refused:
        return "swapped"
    return "all-again" if again == refused | other else ""


def _uids(value: Any) -> set[str]:
    """Take UIDs, data sets or sent items, one or many."""
    if isinstance(value, (str, Dataset, SentItem)) or not isinstance(value, Iterable):
        value = [value]
    return {str(getattr(item, "SOPInstanceUID", item)) for item in value}


def _words(uids: set[str], answers: dict[str, Status]) -> str:
    known = [f"{answers[uid].code:04X}" for uid in sorted(uids & set(answers))]
    strange = len(uids - set(answers))
    return ", ".join(sorted(known) + [f"{strange} not sent"] * bool(strange)) or "none"
