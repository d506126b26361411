"""Notebook 01: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("context-answers", """
        from pynetdicom.pdu import A_ASSOCIATE_AC

        def answers(pdu):
            ac = A_ASSOCIATE_AC()
            ac.decode(pdu)
            return {item.context_id: item.result_reason for item in ac.presentation_context}
    """),
    ("how-many-pdus", """
        def pdus_needed(negotiation, size):
            most = negotiation.acceptor.maximum_length
            count = 1
            while most and size > most - 6:
                size, count = size - (most - 6), count + 1
            return count
    """),
    ("read-the-pdu", """
        def read(pdu):
            length = int.from_bytes(pdu[2:6], "big")
            pdvs, rest = [], pdu[6:] if pdu[0] == 4 else b""
            while rest:
                size = int.from_bytes(rest[:4], "big")
                pdvs.append([rest[4], ("data set", "command")[rest[5] & 1], rest[5] in (2, 3),
                             len(rest[6 : 4 + size])])
                rest = rest[4 + size :]
            return dict(type=pdu[0], length=length, pdvs=pdvs)
    """),
    ("status-from-bytes", """
        from io import BytesIO
        from pynetdicom.dsutils import decode

        def status(command):
            return decode(BytesIO(command), True, True).get("Status", -1)
    """),
    ("what-now", """
        def what_now(pdu):
            kind, result, why = pdu[0], pdu[7], tuple(pdu[8:10])
            if kind == 3 and result == 2:
                return "call again"
            titles = {(1, 3): "have our title added there", (1, 7): "correct the title we call"}
            return "nothing" if kind == 6 else kind == 3 and titles.get(why) or "read their log"
    """),
    ("will-they-talk", """
        def predict(caller, called):
            def result(uid, syntaxes):
                taken = called["scp"].get(uid)
                if not taken:
                    return 3
                return 0 if any(s in taken for s in syntaxes) else 4
            return {uid: result(uid, syntaxes) for uid, syntaxes in caller["scu"].items()}
    """),
]  # fmt: skip

WRONG = [
    ("context-answers", "def answers(pdu):\n    return 3\n", ""),
    ("context-answers", "def answers(pdu):\n    return {1: 0, 3: 4, 5: 3, 7: 4}\n", ""),
    ("context-answers", "def answers(pdu):\n    return {}\n", "request-items"),
    ("how-many-pdus", "def pdus_needed(negotiation, size):\n    return 'one'\n", ""),
    ("how-many-pdus", "def pdus_needed(negotiation, size):\n    return True\n", ""),
    ("how-many-pdus", """
        def pdus_needed(negotiation, size):
            limit = negotiation.acceptor.maximum_length
            return size // (limit - 6) + 1 if limit else 1
     """, ""),
    ("read-the-pdu", "def read(pdu):\n    return [4, 10]\n", ""),
    ("read-the-pdu", "def read(pdu):\n    return {'pdvs': [3]}\n", ""),
    ("read-the-pdu", """
        def read(pdu):
            kind, length = struct.unpack("<BxL", pdu[:6])
            return {"type": kind, "length": length, "pdvs": [(1, "command", True, length)]}
     """, ""),
    ("status-from-bytes", "def status(command):\n    return 0\n", ""),
    ("status-from-bytes", "def status(command):\n    return 'Success'\n", ""),
    ("status-from-bytes", "def status(command):\n    return 1 / 0\n", ""),
    ("what-now", "def what_now(pdu):\n    return 7\n", ""),
    ("what-now", "def what_now(pdu):\n    return 'read their log'\n", ""),
    ("will-they-talk", "def predict(caller, called):\n    return True\n", ""),
    ("will-they-talk", "def predict(caller, called):\n    return {}\n", ""),
    ("will-they-talk", "def predict(caller, called):\n    return dict.fromkeys(caller['scu'], 0)\n",
     ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_a_wrong_answer_does_not_pass(
    running_lab: Lab, slug: str, source: str, mistake: str
) -> None:
    falls_short(running_lab, slug, source, mistake)
