"""What a refusal tells

A study is denied, and each of these services answers without showing it. Which answers tell that
it is there?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import IMPORTS

_RIGHT = """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied != nowhere}
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # answers: door -> (what is answered about the denied study, about a study that is nowhere)
    # Return the set of doors whose answer gives the study away.
    def telling(answers):
        ...
    """,
    answer="telling",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A refusal is not silence. Whoever compares it with the answer about something that is
        nowhere learns that there is a study, which of a psychiatric ward or an abortion clinic is
        enough. It is not the word "forbidden" that gives it away but any difference: a status, a
        text, a count, an entity tag. So what is hidden is answered as what is not there.
    """,
    hints=(
        "What does somebody know who sees only the first answer of the pair? And who sees both?",
        "Status, text, headers: whatever differs tells.",
        "A set comprehension over answers.items(), with denied != nowhere.",
    ),
    wrong=(
        Wrong(
            "only-what-shows-it",
            """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied[0] == 200}
""",
            """You took the doors that show something. A refusal tells too: 403 here and 404 there
            means that it is here.""",
        ),
        Wrong(
            "only-the-status",
            """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied[0] != nowhere[0]}
""",
            """The same status with another text, count or header tells as well: "1 additional
            result", a page too many, a reason that names a Consent.""",
        ),
        Wrong(
            "only-the-text",
            """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied[1] != nowhere[1]}
""",
            """You compared the texts. A HEAD has none, and its status tells all the same.""",
        ),
        Wrong(
            "only-forbidden",
            """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied[0] == 403}
""",
            """403 tells where something else is answered about what is nowhere. Where that has 403
            too, it tells nothing; and other doors tell without a 403.""",
        ),
        Wrong(
            "every-refusal",
            """
    def telling(answers):
        return {door for door, (denied, nowhere) in answers.items() if denied[0] >= 400}
""",
            """A refusal that is the same for what is nowhere tells nothing.""",
        ),
    ),
)

RULE = (cite("RFC 9110", "15.5.4"), cite("FHIR R4", "security.html, consent and access denied"))
_ANSWERS = {
    "read": ((403, "not allowed"), (404, "not found")),
    "search": ((200, "0 entries"), (200, "0 entries")),
    "total": ((200, "total 2, 1 entry"), (200, "total 1, 1 entry")),
    "frames": ((404, "there is no such instance here"), (404, "there is no such instance here")),
    "etag": ((304, ""), (404, "not found")),
    "C-MOVE": ((403, "not authorised"), (403, "not authorised")),
    "head": ((403, ""), (404, "")),
    "metadata": ((404, "Consent/7 denies it"), (404, "there is no such study")),
}


def check(work: Work) -> Verdict:
    """Ask about made-up answers."""
    got = work.call(_ANSWERS)
    if got is None or got is ...:
        return blank()
    if isinstance(got, (list, tuple, frozenset)):
        got = set(got)
    wanted = {door for door, (denied, nowhere) in _ANSWERS.items() if denied != nowhere}
    if got == wanted:
        return passed("Any difference tells, and only a difference.", rule=RULE)
    mistakes = {
        frozenset(("search", "total")): "only-what-shows-it",
        frozenset(("read", "etag", "head")): "only-the-status",
        frozenset(("read", "total", "etag", "metadata")): "only-the-text",
        frozenset(("read", "C-MOVE", "head")): "only-forbidden",
        frozenset(("read", "frames", "C-MOVE", "metadata", "head")): "every-refusal",
    }
    named = mistakes.get(frozenset(got), "") if isinstance(got, set) else ""
    return failed(expected="every door whose two answers differ", got=_named(got), rule=RULE,
                  mistake=named)  # fmt: skip


def _named(got: object) -> str:
    """Name the doors in an order that is the same every time."""
    if not isinstance(got, set):
        return repr(got)
    return ", ".join(sorted(map(str, got))) or "none of them"
