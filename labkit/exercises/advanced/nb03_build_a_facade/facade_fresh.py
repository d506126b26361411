"""Façade 10: notice that the PACS has changed.

What is kept is worth nothing once a name is corrected or an image is taken out.
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import (
    CORRECTIONS,
    FINGERPRINT,
    IMPORTS,
    NEW_STUDY,
)
from labkit.exercises.advanced.nb03_build_a_facade._old_pacs import OldPacs, header

_RUN = """
    mine = new_study()
    uid = str(mine[0].StudyInstanceUID)
    seen = []
    for change in (None, None, correct_name, replace_last):
        if change:
            change(mine)
        seen.append(fingerprint(ask, uid))
"""

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY + CORRECTIONS,
    blank="""
    def fingerprint(ask, uid):
        ...  # a text that changes whenever the study does, and not otherwise

    """
    + _RUN,
    answer="(fingerprint, seen)",
    expects=tuple,
    reference=FINGERPRINT + _RUN,
    explanation="""
        DIMSE has no ETag, and the PACS calls nobody: you have to ask. A few C-FINDs cost less than
        one image. The study level shows a corrected name, the SOP Instance UIDs show what came,
        went or was replaced; sorted, since a PACS gives its matches in any order. What no query
        shows is another content under the same UIDs, which the standard forbids and people do: so
        what is kept also has a greatest age. The fingerprint is at the same time the ETag of your
        answers (RFC 9110 8.8.3).
    """,
    hints=(
        "What can change? A value of the patient or study, a new image, one taken out, one "
        "replaced. Which queries show each of them?",
        "Ask at STUDY with PatientName, PatientID … empty, then for every SOP Instance UID: "
        "SERIES, then IMAGE for each series.",
        "Collect all answers as text, sort them, join them and take hashlib.sha256(…).hexdigest().",
    ),
    wrong=(
        Wrong(
            "by-uid",
            "def fingerprint(ask, uid):\n    return uid\n\n" + _RUN.replace("\n    ", "\n"),
            """You took the UID, as a cache does that has the URL as its only key. The UID says
            which study it is, and not how it is now: nobody ever sees a correction.""",
        ),
        Wrong(
            "counts",
            FINGERPRINT.replace("[str(image.SOPInstanceUID) for image in ask",
                                '["image" for image in ask') + _RUN,
            """You counted the images. One was taken out and one came in: the number is the same,
            and one picture is the wrong one.""",
        ),
        Wrong(
            "study-alone",
            FINGERPRINT.replace('for series in ask(identifier("SERIES"',
                                'for series in [] and ask(identifier("SERIES"') + _RUN,
            """You asked at the study level alone. It says nothing of the images: one that was taken
            out for a reason is shown on.""",
        ),
        Wrong(
            "images-alone",
            FINGERPRINT.replace("said = [str(match) for match in ask",
                                "said = [match.StudyInstanceUID for match in ask") + _RUN,
            """You looked at the images alone. A name was corrected, no UID changed, and your façade
            goes on showing the wrong patient.""",
        ),
        Wrong(
            "order-counts",
            FINGERPRINT.replace("sorted(said)", "said") + _RUN,
            """You kept the order of the answers. A PACS gives them in any order, so nothing ever
            seems to be as it was, and the cache never helps.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.1"), cite("RFC 9110", "8.8.3"))


def check(work: Work) -> Verdict:
    """Compare the four that were taken of LEGACY; then shuffle a PACS, and change it."""
    if len(work.answer) != 2 or not callable(work.answer[0]):
        return failed(expected="(fingerprint, seen)", got=work.answer, rule=RULE)
    seen: Any = work.answer[1]
    if not isinstance(seen, list) or len(seen) != 4:
        return failed(expected="four fingerprints in seen", got=seen, rule=RULE)
    if all(one is None or one is ... for one in seen):
        return blank()
    first, again, corrected, replaced = map(str, seen)
    unchanging = len({first, again, corrected, replaced}) == 1
    if unchanging and first == str(work.namespace.get("uid")):
        return failed(expected="another text after a correction", got="the UID, always",
                      rule=RULE, mistake="by-uid")  # fmt: skip
    if corrected == again:
        return failed(expected="another fingerprint after the name was corrected",
                      got="the same", rule=RULE, mistake="images-alone")  # fmt: skip
    shuffled, same = _pure(work)
    if shuffled:
        return failed(expected="the same fingerprint, whatever order the matches have",
                      got="another one", rule=RULE, mistake="order-counts")  # fmt: skip
    if first != again:
        return failed(expected="the same fingerprint as long as nothing changes",
                      got="another one", rule=RULE)  # fmt: skip
    if replaced == corrected or same:
        got = "the same" if replaced == corrected else f"the same after {same}"
        mistake = "counts" if same in ("", "an image was replaced") else "study-alone"
        return failed(expected="another fingerprint after an image was replaced", got=got,
                      rule=RULE, mistake=mistake)  # fmt: skip
    return passed("A correction and a replaced image are seen; nothing else is.", rule=RULE)


def _pure(work: Work) -> tuple[bool, str]:
    """Say whether the order counts, and which change is not seen, of a PACS made for it."""
    objects = [header("1.1", f"1.1.{n % 2}", f"1.1.{n % 2}.{n}", PatientName="A") for n in range(4)]
    function = Work(work.answer[0])

    def of(held: list[Any]) -> str:
        return str(function.call(OldPacs(held), "1.1"))

    shuffled = of(objects) != of(objects[::-1])
    other = [*objects[:3], header("1.1", "1.1.1", "1.1.1.9", PatientName="A")]
    if of(objects) == of(objects[:3]):
        return shuffled, "an image was taken out"
    return shuffled, "an image was replaced" if of(objects) == of(other) else ""
