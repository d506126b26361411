"""Choose a profile, and have it attacked.

A researcher asks for the images, with true intervals between a patient's studies, and for the words
of series descriptions. Ethics committee and attackers read along.
"""

from __future__ import annotations

from functools import lru_cache

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.deid import Profile
from labkit.deid.attack.bench import Bench
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

EXERCISE = Exercise(
    given="from labkit.deid import Profile",
    blank="""
    options = [
        ...  # names of options: Profile.of(*options); labkit.deid.options() has all twelve
    ]
    """,
    answer="options",
    expects=list,
    reference="""
    options = [
        "clean-pixel-data", "clean-visual-features", "clean-descriptors",
        "retain-modified-dates",
    ]
    """,
    explanation="""
        Each option that retains is a hole of known size. Modified dates keep intervals and hide
        days; full dates hide nothing. Clean descriptors keep words that are harmless and drop the
        rest. Without the two options for pixels no picture with a banner and no head goes out,
        since nobody has looked at it: safe, and of no use here. Nothing asked for patient
        characteristics, devices, institutions or UIDs, so they are not kept (GDPR Article 5(1)(c),
        data minimisation). Times of day stay with modified dates: say so to the committee.
    """,
    hints=(
        "Read what was asked for: images, intervals, words. Which option is for which?",
        "There are two for dates. One of them keeps the day of the examination.",
        "Two options clean pixels (text, faces), one cleans descriptors, one modifies dates. "
        "Nothing else was asked for.",
    ),
    wrong=(
        Wrong(
            "full-dates",
            """
            options = ["clean-pixel-data", "clean-visual-features", "clean-descriptors",
                       "retain-full-dates"]
            """,
            """You kept full dates. Intervals are true, and so is every day: the attacks study-date
            and birth-date succeed, and a day and a hospital often name a patient.""",
        ),
        Wrong(
            "no-pixels",
            """
            options = ["clean-descriptors", "retain-modified-dates"]
            """,
            """No attack succeeds, since no ultrasound and no head came out: nobody had looked at
            them. The researcher asked for images.""",
        ),
        Wrong(
            "more-than-asked",
            """
            options = ["clean-pixel-data", "clean-visual-features", "clean-descriptors",
                       "retain-modified-dates", "retain-patient-characteristics", "retain-uids"]
            """,
            """You kept more than was asked for, and an attack uses it. With the UIDs anybody who
            may query the PACS has the names, a serial number names the hospital, and an age over 89
            is an identifier under HIPAA's Safe Harbor (45 CFR 164.514(b)(2)(i)(C)).""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.2"), cite("PS3.15", "E.3.6"), cite("PS3.15", "E.1.1"))
_ASKED = {
    "clean-pixel-data", "clean-visual-features", "clean-descriptors", "clean-graphics",
    "retain-modified-dates", "clean-structured-content",
}  # fmt: skip
#: What modified dates keep by their definition; the explanation says it.
_BY_DEFINITION = {"time-of-day"}


@lru_cache(1)
def _bench() -> Bench:
    return Bench()


def check(work: Work) -> Verdict:
    """De-identify the study with it, attack, and see whether the researcher is served."""
    options = work.answer
    if not options or ... in options:
        return blank("No option is chosen yet.")
    try:
        profile = Profile.of(*options)
    except (LabkitError, TypeError) as error:
        return failed(expected="options of a profile", got=str(error), rule=RULE)
    rows = _bench().attack(profile)
    hits = [name for name in rows.succeeded if name not in _BY_DEFINITION]
    if hits:
        mistake = ""
        if profile.has("retain-full-dates"):
            mistake = "full-dates"
        elif any(name.startswith("retain-") for name in profile.options - _ASKED):
            mistake = "more-than-asked"
        return failed(expected="no attack succeeds", got=", ".join(hits[:6]), rule=RULE,
                      mistake=mistake)  # fmt: skip
    pictures = {"burned-in-still", "burned-in-loop", "face-ct", "face-mr"}
    if any(not row.tried for row in rows if row.name in pictures):
        return failed(expected="ultrasound and heads given out, cleaned", got="held", rule=RULE,
                      mistake="no-pixels")  # fmt: skip
    if not profile.has("retain-modified-dates") or not profile.has("clean-descriptors"):
        return failed(expected="intervals and words of descriptions", got=str(profile), rule=RULE)
    extra = profile.options - _ASKED
    if extra:
        return failed(expected="no more than was asked", got=", ".join(sorted(extra)), rule=RULE,
                      mistake="more-than-asked")  # fmt: skip
    return passed(f"{len(rows)} attacks, and the researcher has what was asked for.", rule=RULE)
