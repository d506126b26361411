"""A nonce that keeps the order.

Each chunk of an image is sealed by AES-GCM alone. Choose nonces so that no chunk can be moved and
no end cut off.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def nonce(number, last):
        return number.to_bytes(11, "big") + bytes([last])
"""

EXERCISE = Exercise(
    given="    import os\n",
    blank="""
        def nonce(number, last):
            ...  # 12 bytes

        # number: of the chunk, from 0; an image may have 100 000 of them
        # last: whether it is the last one. Each object has a key of its own.
        # Who opens chunk n computes its nonce again: it is not stored.
    """,
    answer="nonce",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        GCM falls apart if a nonce comes twice under one key: the key of the authentication can
        then be worked out. A counter never repeats. And since the reader computes the nonce of the
        place where a chunk stands, one that was moved does not open; with the mark of the end in
        it, neither does an image whose last chunks are missing. That is the STREAM construction.
    """,
    hints=(
        "What does the reader know of a chunk before it is opened? Its place.",
        "12 bytes have room for a counter that never wraps and for one mark.",
        'number.to_bytes(11, "big") and one byte for last.',
    ),
    wrong=(
        Wrong(
            "random",
            """
    def nonce(number, last):
        return os.urandom(12)
""",
            """Drawn nonces do not repeat, but they have to be stored beside the chunk, and then
            move with it: two chunks that changed places both open.""",
        ),
        Wrong(
            "no-end",
            _RIGHT.replace(
                'number.to_bytes(11, "big") + bytes([last])', 'number.to_bytes(12, "big")'
            ),
            """The last chunk looks like any other. A provider that loses the second half of the
            image gives you the first, and all that is there opens.""",
        ),
        Wrong(
            "end-only",
            """
    def nonce(number, last):
        return bytes(11) + bytes([last])
""",
            """All chunks but the last have one nonce. Under one key that gives away the XOR of
            their contents, and lets others forge.""",
        ),
        Wrong(
            "wraps",
            """
    def nonce(number, last):
        return bytes(10) + bytes([number % 256, last])
""",
            """After 256 chunks the numbers begin again. An image of 300 MiB has the same nonce
            twice.""",
        ),
    ),
)

RULE = (cite("NIST SP 800-38D", "8"), cite("NIST SP 800-38D", "8.2.1"))


def check(work: Work) -> Verdict:
    """Ask it for nonces of many chunks, twice."""
    first = work.call(0, False)
    if first is None or first is ...:
        return blank("It returns nothing yet.")
    if not isinstance(first, bytes) or len(first) != 12:
        return failed(expected="12 bytes", got=first, rule=RULE)
    places = [(n, last) for n in (*range(600), 65536, 99_999) for last in (False, True)]
    made = {place: work.call(*place) for place in places}
    if made[0, False] != first or made[3, True] != work.call(3, True):
        why = "the nonce of chunk 0 asked for twice is another"
        return failed(expected="the same each time", got=why, rule=RULE, mistake="random")
    if made[0, False] == made[0, True]:
        got = "chunk 0 has one nonce, whether it is the last or not"
        return failed(expected="another for the last", got=got, rule=RULE, mistake="no-end")
    if made[0, False] == made[1, False]:
        got = "chunks 0 and 1 have one nonce"
        return failed(expected="one for each chunk", got=got, rule=RULE, mistake="end-only")
    if len(set(made.values())) < len(made):
        got = f"{len(set(made.values()))} nonces for {len(made)} places"
        return failed(expected="one for each place", got=got, rule=RULE, mistake="wraps")
    return passed("Never twice, and each in its place.", rule=RULE)
