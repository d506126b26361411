"""Count each change once.

Notices come twice, late, in the wrong order, and some never. What do you count?
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN, refs

_RIGHT = """
    def changes(notices, history):
        return {(type_, id_, version) for type_, id_ in notices
                for version in history(type_, id_)}
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def changes(notices, history):
            ...  # a set with one entry for each change

        # notices: a list of (type, id), as they came
        # history(type, id): the versionIds that the server has of it, the newest first
    """,
    answer="changes",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A change is a version of a resource: type, id and versionId name it, and nothing else does.
        A notice says only that there is something; the server's history says what. So a second
        notice adds nothing, an old one does no harm, and the notice that was lost between two
        others is made good by the next one about the same resource. That one which is lost and
        followed by none is what polls are for.
    """,
    hints=(
        "What is it that happens once? Not the notice.",
        "Ask history for each resource that a notice names, and look at what a versionId is "
        "unique in.",
        "A set of (type, id, version): the same id may occur in two types.",
    ),
    wrong=(
        Wrong(
            "counts-the-bell",
            """
    def changes(notices, history):
        return [(type_, id_, number) for number, (type_, id_) in enumerate(notices)]
""",
            """You counted notices. R4 has them at least once, if at all: a server that gets no
            answer sends again, and so does one that was restarted.""",
        ),
        Wrong(
            "one-a-resource",
            """
    def changes(notices, history):
        return set(notices)
""",
            """You counted resources. A study that came, was given to another patient, and came
            back has changed three times, and the second one matters most.""",
        ),
        Wrong(
            "only-the-newest",
            _RIGHT.replace("in history(type_, id_)}", "in history(type_, id_)[:1]}"),
            """You took the newest version alone. What was overwritten before you asked is missing,
            and so is the change whose notice was lost.""",
        ),
        Wrong(
            "version-without-type",
            _RIGHT.replace("(type_, id_, version) for", "(id_, version) for"),
            """You left the type out of the key. A Patient and an ImagingStudy may both have the id
            7: one of the two is not counted.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "subscription"), cite("FHIR R4", "http"))
_HISTORY = {
    ("ImagingStudy", "7"): ["3", "2", "1"],
    ("Patient", "7"): ["2", "1"],
    ("DocumentReference", "m1"): ["1"],
}
# The second version of ImagingStudy/7 was never told of; m1 came three times.
_NOTICES = [
    ("DocumentReference", "m1"), ("ImagingStudy", "7"), ("Patient", "7"), ("Patient", "7"),
    ("DocumentReference", "m1"), ("ImagingStudy", "7"), ("DocumentReference", "m1"),
]  # fmt: skip


def check(work: Work) -> Verdict:
    """Hand it notices as they come in a hospital."""
    got = work.call(list(_NOTICES), lambda type_, id_: list(_HISTORY[type_, id_]))
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    wanted = {(*key, version) for key, versions in _HISTORY.items() for version in versions}
    found = refs(got)
    if found == wanted and len(got) == len(wanted):
        return passed("Six changes of seven notices.", rule=RULE)
    if _each_has_a_name(work, got):
        return passed("Six changes of seven notices, each by a name of its own.", rule=RULE)
    mistake = ""
    if hasattr(got, "__len__"):
        short = {entry[1:] for entry in wanted}
        mistakes = {
            "counts-the-bell": len(got) == len(_NOTICES),
            "one-a-resource": found == set(_HISTORY),
            "only-the-newest": found == {(*key, v[0]) for key, v in _HISTORY.items()},
            "version-without-type": found == short,
        }
        mistake = next((name for name, is_it in mistakes.items() if is_it), "")
    return failed(expected=sorted(wanted), got=got, rule=RULE, mistake=mistake)


def _each_has_a_name(work: Work, got: object) -> bool:
    """Whether it names changes its own way ("Patient/7/_history/2"), one for each of them."""
    if not isinstance(got, (set, frozenset)) or len(got) != sum(map(len, _HISTORY.values())):
        return False
    names: list[object] = []
    for key, versions in _HISTORY.items():
        # Twice and alone: the names are the versions', not those of notices or of their order.
        alone = work.call([key, key], lambda type_, id_: list(_HISTORY[type_, id_]))
        if not isinstance(alone, (set, frozenset)) or len(alone) != len(versions):
            return False
        names += alone
    return len(set(names)) == len(names) and set(names) == set(got)
