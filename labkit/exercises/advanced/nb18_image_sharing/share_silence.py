"""Gone, moved, or nobody knows.

A study is no longer in an archive's list. What may you tell the others?
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN

_RIGHT = """
    def missing(before, now):
        said = {}
        for site, studies in before.items():
            if now[site] is None:
                continue
            for study in studies - now[site]:
                there = [name for name, held in now.items() if held and study in held]
                silent = [name for name, held in now.items() if held is None]
                said[study] = "moved" if there else "not known" if silent else "deleted"
        return said
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def missing(before, now):
            ...  # {study: "moved", "deleted" or "not known"}, of each that a site has no more

        # before, now: {site: the set of studies that it lists}
        # now[site] is None where the site did not answer, or not in full
    """,
    answer="missing",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Absence is a statement, and only an answer makes it: a C-FIND that ends in Success
        (PS3.4 C.4.1.1.4), all pages of a QIDO-RS search (PS3.18 10.6). A site that did not answer
        has said nothing, neither that it lost its studies nor that it got another's. Deleted is
        what every archive that might have it denies.
    """,
    hints=(
        "For each site that answered: which studies are in `before` and not in `now`?",
        "moved: somebody who answered has it. deleted: nobody has it, and everybody answered.",
        "A site whose `now` is None is skipped as a loser, and spoils every 'deleted'.",
    ),
    wrong=(
        Wrong(
            "silent-is-empty",
            _RIGHT.replace("""            if now[site] is None:
                continue
""", "").replace("studies - now[site]", "studies - (now[site] or set())"),
            """You took silence for an empty list. The archive was restarted, and for five minutes
            the portal told every patient of it that their images were deleted.""",
        ),
        Wrong(
            "deleted-for-sure",
            _RIGHT.replace('"not known" if silent else "deleted"', '"deleted"'),
            """You said deleted while a site was silent. That site may have got the study a minute
            ago; now somebody does the scan again.""",
        ),
        Wrong(
            "never-moved",
            _RIGHT.replace('"moved" if there else ', ""),
            """You did not look at who has it now. A study that was migrated is there, under the
            same UID, and its links need a new address and not an end.""",
        ),
        Wrong(
            "it-was-there-before",
            _RIGHT.replace("""now.items() if held and study in held]
""", """before.items() if name != site and study in held]
"""),
            """You looked for another copy in the old lists. What was there before may be gone by
            now, and what has just come is not in them.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.1.1.4"), cite("PS3.18", "10.6"))
_BEFORE = {"NORTH": {"a", "b", "c", "k", "x"}, "LAKE": {"d", "e", "x"}, "CITY": {"f"}}
_NOW = {"NORTH": {"c"}, "LAKE": {"b", "d", "e", "k"}, "CITY": None}
_NOW_ALL = {"NORTH": {"c"}, "LAKE": {"b", "d"}, "CITY": {"f"}}
_WANTED = (
    {"a": "not known", "b": "moved", "k": "moved", "x": "not known"},
    {"a": "deleted", "b": "moved", "k": "deleted", "e": "deleted", "x": "deleted"},
)


def check(work: Work) -> Verdict:
    """Hand it a round in which a site is silent, and one in which all answer."""
    got = []
    for now in (_NOW, _NOW_ALL):
        before = {site: set(held) for site, held in _BEFORE.items()}
        current = {site: None if held is None else set(held) for site, held in now.items()}
        got.append(work.call(before, current))
    if all(each is None or each is ... for each in got):
        return blank("It returns nothing yet.")
    if tuple(got) == _WANTED:
        return passed("Silence was not taken for absence, and a move not for an end.", rule=RULE)
    silent, whole = got
    mistake = ""
    if isinstance(silent, dict) and isinstance(whole, dict):
        if "f" in silent:
            mistake = "silent-is-empty"
        elif silent.get("a") == "deleted":
            mistake = "deleted-for-sure"
        elif silent.get("x") == "moved":
            mistake = "it-was-there-before"
        elif "moved" not in silent.values():
            mistake = "never-moved"
    place = 0 if silent != _WANTED[0] else 1
    return failed(expected=_WANTED[place], got=got[place], rule=RULE, mistake=mistake)
