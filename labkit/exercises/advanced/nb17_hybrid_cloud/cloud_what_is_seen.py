"""What does the provider see?

A colleague has written an uploader of his own. Which objects of its bucket tell of the patient?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def leaks(bucket, secrets):
        found = set()
        for name, data in bucket.items():
            seen = name.encode() + b" " + data
            if any(secret.encode() in seen for secret in secrets):
                found.add(name)
        return found
"""

EXERCISE = Exercise(
    blank="""
        def leaks(bucket, secrets):
            ...  # a set of names

        # bucket: name of an object -> its bytes
        # secrets: texts that nobody outside may see: name, Patient ID, UIDs
    """,
    answer="leaks",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A name is data too: the provider lists it, writes it to its logs, and support staff reads
        it. UIDs count: who has access to one other system finds the patient by them. What remains
        to be seen of a sealed bucket is how many objects there are, how large, and when each is
        written and read.
    """,
    hints=(
        "What does a provider hold of an object beside its bytes?",
        "Look at the name and at the data of each, for each of the secrets.",
        "any(secret.encode() in name.encode() + data for secret in secrets)",
    ),
    wrong=(
        Wrong(
            "bytes-only",
            _RIGHT.replace('name.encode() + b" " + data', "data"),
            """You looked at the bytes alone. An object that is sealed well and is called
            CT/THISTLEWICK/1 has told its secret.""",
        ),
        Wrong(
            "names-only",
            _RIGHT.replace('name.encode() + b" " + data', "name.encode()"),
            """You looked at the names alone. The list of contents beside the images was never
            encrypted.""",
        ),
        Wrong(
            "one-secret",
            _RIGHT.replace("for secret in secrets)", "for secret in secrets[:1])"),
            """You looked for the patient's name alone. A Study Instance UID leads to the same
            person, and so does a Patient ID.""",
        ),
    ),
)

RULE = (cite("GDPR", "Article 32(1)(a)"), cite("PS3.15", "E.3"))
_SECRETS = ["THISTLEWICK", "NG-100457", "2.25.7001"]
_BUCKET = {
    "9f31c0aa": b"\x00\x81\x12 noise",
    "CT/THISTLEWICK/1": b"\x93\x02 noise",
    "71aa02de": b'{"series": 2, "patient": "NG-100457"}',
    "2.25.7001.1": b"\x44\x31 noise",
    "c0ffee00": b"\x17DICM\x0a\x00 THISTLEWICK^MARIGOLD",
    "index": b"71aa02de;c0ffee00",
}


def check(work: Work) -> Verdict:
    """Hand it a bucket with names, bytes and a list that tell, and two objects that do not."""
    got = work.call(dict(_BUCKET), list(_SECRETS))
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    seen = {name: [s.encode() in name.encode() for s in _SECRETS] for name in _BUCKET}
    held = {name: [s.encode() in data for s in _SECRETS] for name, data in _BUCKET.items()}
    names = {name for name in _BUCKET if any(seen[name])}
    inside = {name for name in _BUCKET if any(held[name])}
    found = set(got) if isinstance(got, (set, frozenset, list, tuple)) else got
    if found == names | inside:
        return passed("Four of six, two of them by their name.", rule=RULE)
    first = {name for name in _BUCKET if seen[name][0] or held[name][0]}
    mistakes = {"bytes-only": inside, "names-only": names, "one-secret": first}
    mistake = next((name for name, value in mistakes.items() if found == value), "")
    return failed(expected=sorted(names | inside), got=got, rule=RULE, mistake=mistake)
