"""Clean a description.

"CT chest abdomen pelvis - 55F Dr. Smith" is the standard's own example.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    import re

    def clean(text, safe):
        return " ".join(word for word in re.findall(r"[A-Za-z]+", text) if word.lower() in safe)
"""

EXERCISE = Exercise(
    blank="""
    def clean(text, safe):
        ...  # what may stay of a Study Description; safe is a set of words in lower case
    """,
    answer="clean",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        What to take out cannot be listed: names, ages, rooms, phone numbers, a colleague's
        greeting. What is safe can. PS3.15 E.3.5 proposes it: extract and retain only values known
        to be useful and safe, and discard all others. The price is that a useful word which is not
        in the list is lost, in the safe direction.
    """,
    hints=(
        "You can list what has to go, or what may stay. Which list is ever complete?",
        "Take the text apart into words, and keep those that are in the set.",
        're.findall(r"[A-Za-z]+", text), compared in lower case, joined by spaces.',
    ),
    wrong=(
        Wrong(
            "doctor-pattern",
            r"""
            import re

            def clean(text, safe):
                return re.sub(r"\s*(-.*|Dr\.? \w+)", "", text).strip()
            """,
            """You looked for what names look like. Not all have Dr. before them, and a phone number
            has no name at all. What is to go cannot be listed.""",
        ),
        Wrong(
            "split-at-blanks",
            """
    def clean(text, safe):
        return " ".join(word for word in text.split() if word.lower() in safe)
            """,
            """You split at blanks alone. A comma or a slash belongs to the word then, "knee," is in
            no list, and what the researcher looks for is gone.""",
        ),
        Wrong(
            "digits-stay",
            _RIGHT.replace('r"[A-Za-z]+"', 'r"\\w+"').replace(
                "if word.lower() in safe", "if word.lower() in safe or word[0].isdigit()"),
            """You let numbers stay. 55F is an age and a sex, 20260112 a date, 5551234 a phone.""",
        ),
        Wrong(
            "same-case",
            _RIGHT.replace("word.lower() in safe", "word in safe"),
            """You compared letter by letter. Modalities write CHEST, and all is lost.""",
        ),
        Wrong(
            "whole-or-nothing",
            """
            def clean(text, safe):
                return text if set(text.lower().split()) <= safe else ""
            """,
            """You keep the text or drop it. That is what the Basic Profile does (X); Clean
            Descriptors is to keep what is safe of it.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.3.5"),)
SAFE = frozenset({"ct", "mr", "chest", "abdomen", "pelvis", "with", "contrast", "head", "knee"})
CASES = (
    ("CT chest abdomen pelvis", "CT chest abdomen pelvis", "whole-or-nothing"),
    ("CT chest abdomen pelvis - 55F Dr. Smith", "CT chest abdomen pelvis", "whole-or-nothing"),
    ("Mrs Brindlemoor, MR knee, call 5551234", "MR knee", "doctor-pattern"),
    ("CHEST/CONTRAST 20260112", "CHEST CONTRAST", ""),
    ("seen by Osterhagen", "", "doctor-pattern"),
)


def check(work: Work) -> Verdict:
    """Give it what stands in real descriptions."""
    for number, (text, wanted, mistake) in enumerate(CASES):
        got = work.call(text, SAFE)
        if number == 0 and got in (None, ...):
            return blank()
        if got != wanted:
            kept = str(got).lower()
            words = set(kept.split())
            if "," in text and words and words < set(wanted.lower().split()):
                mistake = "split-at-blanks"
            elif any(letter.isdigit() for letter in kept) and not {"call", "by"} & words:
                mistake = "digits-stay"
            elif kept in ("", "chest abdomen pelvis"):
                mistake = "same-case" if kept or "whole" not in mistake else mistake
            return failed(expected=f"{wanted!r} of {text!r}", got=got, rule=RULE, mistake=mistake)
    return passed(f"{len(CASES)} descriptions, and nobody in them.", rule=RULE)
