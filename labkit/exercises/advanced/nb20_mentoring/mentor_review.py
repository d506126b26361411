"""Review a colleague's design

Write review comments as data. Each has a place, what is there, what follows, why, and a question.
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import Comment, Review, planted, review

_FOUND = """
    comments = [
        Comment("handed_over.toml:16", "Lakeside has North General's assigning authority",
                "1001234 of the one is taken for the person of the other",
                "IHE ITI TF-3 4.2.3.1.7", "Which OID does Lakeside issue its numbers under?"),
        Comment("handed_over.toml:90", "the line has tls = false",
                "whoever sits on it can read names and IDs", "PS3.15 B.12",
                "Is there a node at Lakeside that cannot do TLS?"),
        Comment("handed_over.toml:108", "children_until is 18, the law says 28",
                "children's images are deleted before they may be", "[retention] says 28 itself",
                "Where does the 18 come from?"),
"""
_DRIVEN = """
        Comment("[identity]", "no cross-reference manager is named",
                "a prior at the other clinic is not found", "IHE ITI TF-1 5",
                "Who knows that NG-100457 and LK-20871 are one woman?"),
        Comment("handed_over.toml:103", "TEST may call, and no site is called so",
                "anybody who calls as TEST can search the archive", "PS3.7 D.3.3.7",
                "Who uses TEST, and until when?"),
        Comment("handed_over.toml:112", "copies are kept 18250 days, originals 30 years",
                "what was deleted still lies at the sites for 20 years more", "18250 / 365 = 50",
                "How is a copy deleted when its original is?"),
        Comment("handed_over.toml:35", "north passes on all that the centre sends it",
                "each object goes round between north and centre for ever", "PS3.7 9.1.1",
                "Which of the two may forget that it has passed an object on?"),
        Comment("handed_over.toml:76", "12 Mbit/s for 180000 studies of 120 MB",
                "images queue all morning and come late", "16.4 Mbit/s in a third of the day",
                "What do you reckon for the hours from eight to four?"),
        Comment("handed_over.toml:82", "10 Gbit/s for 40000 studies of 30 MB",
                "money is paid for a line that stays idle", "0.9 Mbit/s in a third of the day",
                "What else is to go over this line?"),
"""
_ONE = """
        Comment({0}),
    ]
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Comment(at="handed_over.toml:42", sees="…", follows="…", rule="…", asks="…?")
    # at may be "[section]" where a section lacks. rule: a section of a standard, or a sum.
    comments = [
    ]
    """,
    answer="comments",
    expects=list,
    reference=_FOUND + _DRIVEN + "    ]\n",
    explanation="""
        A checker knows the mistakes that somebody has thought of. It finds three of the nine, and
        one of these hides a fourth: where two communities have one authority, nobody asks who
        refers across. The others show when the design is driven, or when two lines of it are
        multiplied. A comment that can be worked with has a place, a consequence and a reason, and
        asks: the colleague knows something that you do not.
    """,
    hints=(
        "Begin with print(check_design(read_design(theirs))), and ask of each finding what follows "
        "for a patient. Warnings that the note in line 4 has accepted are no findings.",
        "Then drive(read_design(theirs)): it went round, a prior was not found, TEST was answered. "
        "Which lines are these?",
        "Then reckon: studies × MB × 8 over a third of a year, for each line. And compare "
        "copies_days with years.",
    ),
    wrong=(
        Wrong(
            "only-the-checker",
            _FOUND + "    ]\n",
            """These are what check_design finds. It knows the mistakes that its authors knew. Build
            the design and use it: drive(read_design(theirs)); and reckon the lines.""",
        ),
        Wrong(
            "false-alarms",
            _FOUND
            + _DRIVEN
            + """
        Comment("handed_over.toml:71", "the router passes on once only",
                "a second sending of a study is lost", "PS3.7 9.1.1", "Why once?"),
        Comment("handed_over.toml:88", "20 Mbit/s is a slow line",
                "images of Lakeside come late", "20 is less than 100", "Can it be faster?"),
    ]
""",
            """You name as mistakes what is right. Each false alarm costs the colleague an hour, and
            your next finding some of its weight.""",
        ),
        Wrong(
            "no-place",
            _FOUND
            + _ONE.format(
                '"the whole design", "security is weak", "data of patients can be read", '
                '"PS3.15 B.12", "Could you look at it again?"'
            ),
            """A comment has no line. "The whole design" cannot be mended: name the line, or the
            [section] that lacks.""",
        ),
        Wrong(
            "no-consequence",
            _FOUND
            + _ONE.format(
                '"handed_over.toml:103", "TEST is on the list", "", "PS3.7 D.3.3.7", "Why?"'
            ),
            """A comment does not say what follows, in four words or more. Without a consequence
            nobody knows whether it matters, and it is discussed as a matter of taste.""",
        ),
        Wrong(
            "blames-the-person",
            _FOUND
            + _ONE.format(
                '"handed_over.toml:103", "you forgot the test title, which is careless", '
                '"anybody can search the archive", "PS3.7 D.3.3.7", "Really?"'
            ),
            """A comment is about the colleague and not about the line. Whoever is blamed defends;
            say what is there and what it leads to.""",
        ),
        Wrong(
            "repair-without-reason",
            _FOUND
            + _ONE.format(
                '"handed_over.toml:76", "12 is too little", "images queue all morning", '
                '"", "Set it to 100, will you?"'
            ),
            """A comment has a repair and no reason: no section, no law, no sum. The colleague can
            obey it or not, and learns nothing for the next line.""",
        ),
    ),
)

RULE = (cite("IHE ITI TF-3", "4.2.3.1.7"), cite("PS3.7", "9.1.1"))


def check(work: Work) -> Verdict:
    """Match the comments with what is wrong."""
    comments: list[Any] = [each for each in work.answer if each is not ...]
    if not comments:
        return blank("There is no comment yet.")
    strange = [each for each in comments if not isinstance(each, Comment)]
    if strange:
        return failed(expected="a list of Comment", got=strange[0], rule=RULE)
    result = review(comments)
    if result.unusable:
        comment, fault = result.unusable[0]
        named = fault if fault in {each.name for each in EXERCISE.wrong} else ""
        why = "A comment asks nothing: end it with a question." if not named else ""
        return failed(expected="place, consequence, reason, question", got=_short(comment),
                      rule=RULE, mistake=named, why=why)  # fmt: skip
    if len(result.alarms) > 1:
        why = " ".join(f"{comment.at}: {says}" for comment, says in result.alarms[:3])
        return failed(expected="at most one false alarm", got=f"{len(result.alarms)} of them",
                      rule=RULE, mistake="false-alarms", why=why)  # fmt: skip
    return _missed(result)


def _missed(result: Review) -> Verdict:
    count = len(planted())
    urgent = [each for each in result.missed if each.kind in ("safety", "law")]
    if not urgent and len(result.missed) <= 1:
        left = "".join(f" You missed one: {each.hint}" for each in result.missed)
        return passed(f"{len(result.found)} of {count} found.{left}", rule=RULE)
    checker = {each.name for each in planted() if each.by == "check_design"}
    only = set(result.found) <= checker and checker <= set(result.found)
    hints = [each.hint for each in (urgent or result.missed)[:2]]
    hints += [f"{each.at} is a place to look at; it leads to something else than you say."
              for each in result.elsewhere[:2]]  # fmt: skip
    return failed(
        expected="all that harms patients or breaks the law, and all but one of the rest",
        got=f"{len(result.found)} of {count} found, {len(urgent)} of the urgent ones missed",
        rule=RULE,
        mistake="only-the-checker" if only else "",
        why=" ".join(hints),
    )


def _short(comment: Comment) -> str:
    return f"{comment.at}: {comment.sees} / {comment.follows} / {comment.rule} / {comment.asks}"
