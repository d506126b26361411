"""Which local copies may go?

The disk is full on Friday evening. Say of which series the local copy may be removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def may_go(packs, read):
        gone = set()
        for pack in packs:
            data = read(pack["name"])
            if data is not None and hashlib.sha256(data).hexdigest() == pack["sha256"]:
                gone.add(pack["series"])
        return gone
"""

EXERCISE = Exercise(
    given="    import hashlib\n",
    blank="""
        def may_go(packs, read):
            ...  # a set of series

        # packs: dicts with series, name, size, sha256 (of the sealed bytes that were sent), and
        # answered: whether the store said 200 to the last request of the upload
        # read(name): what the store gives back now; None if there is no such object
    """,
    answer="may_go",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The answer 200 says that the store believes it has something; a listing and a size say the
        same. What it has is known to who reads it back and compares it with the digest that was
        worked out here, before it was sent. It costs the egress of each object once, and it is the
        last moment at which a good copy exists. And where the answer was lost, but the object is
        there and is right, nothing has to be sent again.
    """,
    hints=(
        "What would convince you a year later, when the local copy is long gone?",
        "Do not ask whether an object is there. Ask what is there.",
        "Read each object, and compare its SHA-256 with the pack's.",
    ),
    wrong=(
        Wrong(
            "trusts-200",
            """
    def may_go(packs, read):
        return {pack["series"] for pack in packs if pack["answered"]}
""",
            """You took the store's word. One object was changed on the way to its disks after the
            200, and one that is safe stays here since its answer got lost.""",
        ),
        Wrong(
            "is-there",
            """
    def may_go(packs, read):
        return {pack["series"] for pack in packs if read(pack["name"]) is not None}
""",
            "You asked whether there is an object of that name. There is, with other bytes.",
        ),
        Wrong(
            "same-size",
            """
    def may_go(packs, read):
        return {p["series"] for p in packs if len(read(p["name"]) or b"") == p["size"]}
""",
            """You compared sizes. A flipped bit does not change one, and neither do two objects
            that were swapped.""",
        ),
        Wrong(
            "all-or-nothing",
            """
    def may_go(packs, read):
        good = [hashlib.sha256(read(p["name"]) or b"").hexdigest() == p["sha256"] for p in packs]
        return {p["series"] for p in packs} if all(good) else set()
""",
            """You keep everything because of one bad object. Safe, but the disk is full: what is
            proven may go.""",
        ),
    ),
)

RULE = (cite("GDPR", "Article 32(1)(b)"), cite("45 CFR", "164.312(c)(1)"))
_SENT = {"a1": b"sealed one", "b2": b"sealed two", "c3": b"sealed 333", "d4": b"sealed four",
         "e5": b"sealed five"}  # fmt: skip
_THERE = {**_SENT, "b2": b"sealed tw0", "d4": b"sealed"}
del _THERE["c3"]
_ANSWERED = {"a1": True, "b2": True, "c3": False, "d4": True, "e5": False}
_PACKS = [
    {"series": f"1.2.{n}", "name": name, "size": len(data), "answered": _ANSWERED[name],
     "sha256": hashlib.sha256(data).hexdigest()}
    for n, (name, data) in enumerate(_SENT.items(), 1)
]  # fmt: skip


def check(work: Work) -> Verdict:
    """Hand it five series: two safe, one changed, one missing, one cut short."""
    got = work.call([dict(pack) for pack in _PACKS], _THERE.get)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    found = set(got) if isinstance(got, (set, frozenset, list, tuple)) else got
    wanted = {"1.2.1", "1.2.5"}
    if found == wanted:
        return passed("Two may go. One of them had no answer, and is there.", rule=RULE)
    mistakes: dict[str, set[str]] = {
        "trusts-200": {"1.2.1", "1.2.2", "1.2.4"},
        "is-there": {"1.2.1", "1.2.2", "1.2.4", "1.2.5"},
        "same-size": {"1.2.1", "1.2.2", "1.2.5"},
        "all-or-nothing": set(),
    }
    mistake = next((name for name, value in mistakes.items() if found == value), "")
    return failed(expected=sorted(wanted), got=got, rule=RULE, mistake=mistake)
