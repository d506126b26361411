"""Make a UID of your own.

Digits and dots, at most 64 characters, and never the same again (PS3.5 9.1, B.2).
"""

import uuid
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show

EXERCISE = Exercise(
    given="""
        import uuid
    """,
    blank="""
        def new_uid():
            ...  # return a new UID under 2.25, made from uuid.uuid4(), without pydicom's help
    """,
    answer="new_uid",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def new_uid():
            return f"2.25.{uuid.uuid4().int}"
    """,
    explanation="""
        A UUID is a number of 128 bits; PS3.5 B.2 puts it in decimal after 2.25. That is at most 39
        digits, so the UID has at most 44 characters, and it needs no registration and no counter
        that two machines could share. uuid4() is random: no time and no network card can be read
        from it, unlike uuid1(). pydicom.uid.generate_uid(prefix=None) makes one of these;
        generate_uid() alone makes one under pydicom's own root.
    """,
    hints=(
        "A UUID is one big number. uuid.uuid4() has it in several spellings: .hex, .int, .bytes.",
        "A UID has digits and dots only, so the letters of .hex or str() cannot be in it.",
        "'2.25.' and then uuid.uuid4().int, as text: an f-string does it.",
    ),
    wrong=(
        Wrong(
            "hexadecimal",
            """
            def new_uid():
                return f"2.25.{uuid.uuid4().hex}"
            """,
            """Your UID has letters in it: that is the UUID in hexadecimal. A UID is digits and
            dots, so the same number has to be written in decimal.""",
        ),
        Wrong(
            "same-every-time",
            """
            made = uuid.uuid4().int

            def new_uid():
                return f"2.25.{made}"
            """,
            """Your function returns the same UID twice. Two objects with one UID are one object to
            every archive: the second is refused, or it replaces the first.""",
        ),
        Wrong(
            "leading-zeros",
            """
            def new_uid():
                return f"2.25.{uuid.uuid4().int >> 4:039d}"
            """,
            """You filled the number up with zeros in front. No component of a UID may begin with 0
            unless it is 0: 2.25.012 is not valid, and no one compares it with 2.25.12.""",
        ),
        Wrong(
            "too-long",
            """
            def new_uid():
                return f"2.25.{uuid.uuid4().int}.{uuid.uuid4().int}"
            """,
            """Your UID is longer than 64 characters. A database column of 64 cuts it off, and then
            two different UIDs become one.""",
        ),
    ),
)

RULE = (cite("PS3.5", "9.1"), cite("PS3.5", "B.2"))


def check(work: Work) -> Verdict:
    """Make many, and hold each to the rules."""
    made = [work.call() for _ in range(200)]
    if any(uid in (None, ...) for uid in made):
        return blank("Your function returns nothing.")
    for uid in made:
        if (verdict := _judge(uid)) is not None:
            return verdict
    if len(set(made)) < len(made):
        return failed(
            expected="200 different UIDs from 200 calls",
            got=f"{len(set(made))} different",
            rule=RULE,
            mistake="same-every-time",
        )
    if any(uuid.UUID(int=int(uid[5:])).version != 4 for uid in map(str, made)):
        return failed(
            expected="the number of a random UUID (version 4)",
            got=show(str(made[0])),
            rule=RULE,
            why="Numbers from a clock or a counter can come up on two machines.",
        )
    return passed("200 calls, 200 valid and different UIDs.", rule=RULE)


def _judge(uid: object) -> Verdict | None:
    if not isinstance(uid, str):
        return failed(expected="a text", got=show(uid), rule=RULE)
    parts = uid.split(".")
    mistake, rule = "", ""
    if not all(part.isascii() and part.isdigit() for part in parts):
        mistake, rule = "hexadecimal", "digits and dots only"
    elif any(len(part) > 1 and part.startswith("0") for part in parts):
        mistake, rule = "leading-zeros", "no component with leading zeros"
    elif len(uid) > 64:
        mistake, rule = "too-long", "at most 64 characters"
    elif len(parts) != 3 or parts[:2] != ["2", "25"] or int(parts[2]) >= 2**128:
        rule = "2.25. and the number of a UUID"
    if not rule:
        return None
    return failed(expected=f"a UID: {rule}", got=show(uid), rule=RULE, mistake=mistake)
