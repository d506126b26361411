"""Whose hash is this?

A data set came with "pseudonyms": hashes of Patient IDs. Get one back.
"""

import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def crack(pseudonym):
        for number in range(60_000):
            guess = f"P{number:05d}"
            if hashlib.sha256(guess.encode()).hexdigest()[:16] == pseudonym:
                return guess
"""

EXERCISE = Exercise(
    given="import hashlib",
    blank="""
    def crack(pseudonym):
        ...  # the Patient ID whose hash this is; None if it is nobody's

    # IDs of this hospital are P00000 to P59999; a pseudonym is the first 16 hexadecimal
    # digits of SHA-256
    """,
    answer="crack",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A hash hides nothing that can be guessed. Sixty thousand guesses take a tenth of a second;
        all ten-digit numbers take an afternoon, all names of a telephone book less. GDPR's recital
        26 asks for means that are reasonably likely to be used, and this is one. HIPAA says the
        same of codes "derived from or related to information about the individual" (45 CFR
        164.514(c)). A secret key (HMAC) turns guessing into guessing the key.
    """,
    hints=(
        "A hash cannot be turned back. But how many Patient IDs can there be?",
        "Hash each of them as the sender did, and compare.",
        'for number in range(60_000): guess = f"P{number:05d}"; compare '
        "hashlib.sha256(guess.encode()).hexdigest()[:16] with the pseudonym.",
    ),
    wrong=(
        Wrong(
            "no-zeros",
            _RIGHT.replace("{number:05d}", "{number}"),
            """You wrote numbers without their zeros: P42 is another text than P00042, and has
            another hash. A dictionary has to have the words as the hospital writes them.""",
        ),
        Wrong(
            "no-letter",
            _RIGHT.replace("hashlib.sha256(guess.encode())", "hashlib.sha256(guess[1:].encode())"),
            """You hashed the number without the P. One letter more or less, a space or a line end
            makes another hash: the guess has to be the text that was hashed.""",
        ),
        Wrong(
            "one-short",
            _RIGHT.replace("range(60_000)", "range(59_999)"),
            """You left the last one out: range() ends before its end.""",
        ),
        Wrong(
            "whole-hash",
            _RIGHT.replace(".hexdigest()[:16]", ".hexdigest()"),
            """You compared the whole hash with one that was cut to 16 digits. Cutting does not
            protect: sixteen digits are still enough to tell sixty thousand patients apart.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.1.1"), cite("45 CFR 164.514", "(c)(1)"))


def pseudonym(patient_id: str) -> str:
    """Return what the sender made of a Patient ID."""
    return hashlib.sha256(patient_id.encode()).hexdigest()[:16]


def check(work: Work) -> Verdict:
    """Ask for one with zeros in front, one without, and one that is nobody's."""
    first, second = work.call(pseudonym("P00731")), work.call(pseudonym("P51947"))
    if first in (None, ...) and second in (None, ...):
        # Nothing was found at all: not tried, or compared with the wrong length.
        whole = hashlib.sha256(b"P51947").hexdigest()
        if work.call(whole) == "P51947":
            return failed(expected="P51947", got=None, rule=RULE, mistake="whole-hash")
        if work.call(pseudonym("51947")):
            return failed(expected="P51947", got=None, rule=RULE, mistake="no-letter")
        return blank("It finds nobody yet.")
    if second != "P51947":
        return failed(expected="P51947", got=second, rule=RULE)
    if first != "P00731":
        return failed(expected="P00731", got=first, rule=RULE, mistake="no-zeros")
    last = work.call(pseudonym("P59999"))
    if last != "P59999":
        return failed(expected="P59999", got=last, rule=RULE, mistake="one-short")
    nobody = work.call(pseudonym("Q1"))
    if nobody is not None:
        return failed(expected="None, for an ID of another hospital", got=nobody, rule=RULE)
    return passed("All found, and nobody found where there is nobody.", rule=RULE)
