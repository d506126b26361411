"""Choose the profile for a trial.

A sponsor wants no more than it needs. What it needs, you have to retain.
"""

from labkit.common import cite
from labkit.deid import Profile
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = 'profile = Profile.of("113104", "113105", "113107", "113108")'

EXERCISE = Exercise(
    blank="""
    # What the sponsor's statistician wrote:
    #  - we measure how a nodule changes: the weeks between examinations matter, the days do not
    #  - SUV is computed again from the PET: weight, and the time from injection to acquisition
    #  - the site's measurements come as structured reports, and we read them by program
    #  - series are chosen by their description
    #  - we must not be able to look an image up in your archive; the scanner does not matter
    profile = Profile.of()  # names or codes of options
    """,
    given="""
    from labkit.deid import Profile
    """,
    answer="profile",
    expects=Profile,
    reference=_RIGHT,
    explanation="""
        Modified Dates (113107) keeps distances and times of day, not the dates. Patient
        Characteristics (113108) keeps weight and size, which SUV needs, and sex and age come with
        it. Clean Structured Content (113104) keeps the measurements; without it Content Sequence
        is replaced by a dummy. Clean Descriptors (113105) keeps what is safe of a series
        description. Retain UIDs would let the sponsor ask your archive for the images.
    """,
    hints=(
        "Begin with what would be lost: which attributes do the five wishes name, and what does "
        "Table E.1-1 do with each in the Basic Profile?",
        "Two options keep dates, and they exclude each other. Which of them keeps no date?",
        "Four options: structured content, descriptors, one for dates, one for the weight.",
    ),
    wrong=(
        Wrong(
            "full-dates",
            _RIGHT.replace("113107", "113106"),
            """You kept the dates themselves. They ask for distances, and a date of examination
            with an age finds a person in a hospital's list.""",
        ),
        Wrong(
            "no-characteristics",
            _RIGHT.replace(', "113108"', ""),
            """You let Patient's Weight go. Without it there is no SUV.""",
        ),
        Wrong(
            "retain-uids",
            _RIGHT.replace('"113104"', '"113104", "113110"'),
            """You kept the UIDs. Who has access to your archive asks for the study and has the
            name: they must not be able to.""",
        ),
        Wrong(
            "no-structured-content",
            _RIGHT.replace('"113104", ', ""),
            """You left Clean Structured Content out. In the Basic Profile Content Sequence is D:
            what arrives is a dummy, and no measurement.""",
        ),
        Wrong(
            "everything",
            _RIGHT.replace('"113108"', '"113108", "113103", "113109", "113112"'),
            """You kept more than was asked for. Data minimisation is not a matter of taste: GDPR
            5(1)(c) and HIPAA's minimum necessary both want a reason for each option.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.3"), cite("PS3.15", "E.1-1"), cite("GDPR", "Article 5(1)(c)"))
WANTED = frozenset({"clean-structured-content", "clean-descriptors", "retain-modified-dates",
                    "retain-patient-characteristics"})  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare what it keeps with what was asked for."""
    chosen = work.answer.options
    if not chosen:
        return blank()
    if chosen == WANTED:
        return passed("Distances, weight, measurements, descriptions; nothing else.", rule=RULE)
    mistake = ""
    if "retain-full-dates" in chosen:
        mistake = "full-dates"
    elif "retain-uids" in chosen:
        mistake = "retain-uids"
    elif "retain-patient-characteristics" not in chosen:
        mistake = "no-characteristics"
    elif "clean-structured-content" not in chosen:
        mistake = "no-structured-content"
    elif chosen > WANTED:
        mistake = "everything"
    return failed(expected="what the five wishes need, and no more", got=sorted(chosen),
                  rule=RULE, mistake=mistake)  # fmt: skip
