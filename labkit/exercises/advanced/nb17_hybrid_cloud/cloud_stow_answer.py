"""What counts as sent?

A gateway has sent a batch by STOW-RS. From the answer, say which instances need not be sent again.
"""

from __future__ import annotations

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def acknowledged(status, response, batch):
        def named(keyword):
            return {str(item.ReferencedSOPInstanceUID) for item in response.get(keyword) or []}

        return (named("ReferencedSOPSequence") - named("FailedSOPSequence")) & set(batch)
"""

EXERCISE = Exercise(
    blank="""
        def acknowledged(status, response, batch):
            ...  # a set of SOP Instance UIDs

        # status: of HTTP: 200, 202 or 409
        # response: the Store Instances Response, a Dataset
        # batch: the SOP Instance UIDs that were sent
    """,
    answer="acknowledged",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        202 says that some were stored, or all with a warning; 409 that none was (10.5.3.1). Which
        is which stands in the answer: Referenced SOP Sequence (0008,1199) has those that are
        stored, Failed SOP Sequence (0008,1198) those that are not. What neither of them names is
        unknown: ask, or send it again. Sending twice is harmless. Deleting what was never stored
        is not.
    """,
    hints=(
        "Does a status that is for the whole request tell of a single instance?",
        "There are two sequences, and what is in neither of them.",
        "Those named in ReferencedSOPSequence, without those named in FailedSOPSequence.",
    ),
    wrong=(
        Wrong(
            "status-decides",
            """
    def acknowledged(status, response, batch):
        return set(batch) if status < 300 else set()
""",
            """202 is a 2xx, and not all of it was stored. A gateway that does this has lost
            images for years without one line in its log.""",
        ),
        Wrong(
            "not-refused",
            """
    def acknowledged(status, response, batch):
        failed = {str(i.ReferencedSOPInstanceUID) for i in response.get("FailedSOPSequence") or []}
        return set(batch) - failed
""",
            """You counted all that was not refused. One instance was not spoken of at all: silence
            is no acknowledgement.""",
        ),
        Wrong(
            "ok-only",
            """
    def acknowledged(status, response, batch):
        return set(batch) if status == 200 else set()
""",
            """You take 200 alone. Nothing is lost, but a batch with one bad instance is sent again
            for ever; and a 200 that names one instance less is believed.""",
        ),
    ),
)

RULE = (cite("PS3.18", "10.5.3"), cite("PS3.18", "I.2.2"))
_BATCH = ["1.2.1", "1.2.2", "1.2.3", "1.2.4"]


def _response(stored: list[str], refused: list[str]) -> Dataset:
    response = Dataset()
    for keyword, uids in (("ReferencedSOPSequence", stored), ("FailedSOPSequence", refused)):
        items = []
        for uid in uids:
            item = Dataset()
            item.ReferencedSOPInstanceUID = uid
            if keyword.startswith("Failed"):
                item.FailureReason = 0xA700
            items.append(item)
        if items:
            setattr(response, keyword, items)
    return response


_CASES: tuple[tuple[int, tuple[list[str], list[str]], set[str]], ...] = (
    (202, (["1.2.1", "1.2.2"], ["1.2.4"]), {"1.2.1", "1.2.2"}),
    (409, ([], _BATCH), set()),
    (200, (_BATCH, []), set(_BATCH)),
    (200, (_BATCH[:3], []), set(_BATCH[:3])),
)


def check(work: Work) -> Verdict:
    """Hand it four answers: some, none, all, and one that forgets an instance."""
    got = [work.call(status, _response(*said), list(_BATCH)) for status, said, _ in _CASES]
    if any(each is None or each is ... for each in got):
        return blank("It returns nothing yet.")
    sets = [set(g) if isinstance(g, (set, frozenset, list, tuple)) else g for g in got]
    wanted = [wanted for _, _, wanted in _CASES]
    if sets == wanted:
        return passed("What is named as stored, and nothing else.", rule=RULE)
    everything: set[str] = set(_BATCH)
    mistakes = {
        "status-decides": [everything, set(), everything, everything],
        "not-refused": [everything - {"1.2.4"}, set(), everything, everything],
        "ok-only": [set(), set(), everything, everything],
    }
    mistake = next((name for name, value in mistakes.items() if sets == value), "")
    return failed(expected=[sorted(w) for w in wanted], got=got, rule=RULE, mistake=mistake)
