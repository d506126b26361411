"""Who took too many?

A radiologist reads a few studies an hour. Who opens thirty within half an hour is copying, whatever
each single decision said.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def too_many(records, most, minutes):
        read = defaultdict(list)
        for record in records:
            study = record.get("what", {}).get("StudyInstanceUID")
            who = record.get("grant", {}).get("subject")
            if record["allowed"] and record.get("action") == "read" and study and who:
                read[who].append((datetime.fromisoformat(record["at"]), study))
        found = set()
        for who, all_of in read.items():
            for begin, _ in all_of:
                end = begin + timedelta(minutes=minutes)
                if len({study for at, study in all_of if begin <= at < end}) > most:
                    found.add(who)
        return found
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def too_many(records, most, minutes):
        ...  # a set of users who read more than `most` studies within any `minutes`

    # action "read" with a StudyInstanceUID; any span of so many minutes, wherever it begins
    """,
    answer="too_many",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        What counts are different studies: a viewer asks for one study again and again. A window
        that begins at each read finds what hours of the clock cut in two. A list is no export: who
        searches gets lines, and opens few of them.
    """,
    hints=(
        "Collect for each user the time and the study of each read that was allowed.",
        "Count different studies, not records: a set.",
        "Let a window begin at each read: those in [begin, begin + minutes) belong to it.",
    ),
    wrong=(
        Wrong(
            "records-not-studies",
            _RIGHT.replace("len({study for at, study in all_of if begin <= at < end})",
                           "sum(begin <= at < end for at, study in all_of)"),
            """You counted records. Somebody opened one study again and again, which is work.""",
        ),
        Wrong(
            "hours-of-the-clock",
            _RIGHT.replace("for begin, _ in all_of:",
                           "for begin in {at.replace(minute=0, second=0) for at, _ in all_of}:"),
            """You cut time at the full hour. Half of them before it and half after stay under
            every limit.""",
        ),
        Wrong(
            "over-the-whole-week",
            """
    def too_many(records, most, minutes):
        read = defaultdict(set)
        for record in records:
            study = record.get("what", {}).get("StudyInstanceUID")
            who = record.get("grant", {}).get("subject")
            if record["allowed"] and record.get("action") == "read" and study and who:
                read[who].add(study)
        return {who for who, studies in read.items() if len(studies) > most}
            """,
            """You counted over the whole week. Who reads every day gets there too, and that is
            work: it is so many within so many minutes.""",
        ),
        Wrong(
            "refused-counted-in",
            _RIGHT.replace("return found", 'return found | {r["grant"]["subject"] for r in records '
                           'if not r["allowed"] and "subject" in r.get("grant", {})}'),
            """You listed who was refused. A refusal took nothing.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.15", "A.5")


def check(work: Work) -> Verdict:
    """Hand it another week."""
    records, truth = hidden()[:2]
    got = work.call(records, 20, 60)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    found = set(got) if isinstance(got, (set, frozenset, list, tuple)) else got
    if found == {truth.hoarder}:
        # Others read more than sixteen in the week, and nobody else as many in an hour.
        fewer = work.call(records, 16, 60)
        if not isinstance(fewer, (set, frozenset, list, tuple)) or set(fewer) != found:
            return failed(expected="the same one for more than 16 within an hour", got=fewer,
                          rule=RULE, mistake="over-the-whole-week")  # fmt: skip
        return passed(f"{truth.hoarder}, thirty studies in 37 minutes.", rule=RULE)
    refused = {
        r["grant"]["subject"] for r in records
        if not r["allowed"] and "subject" in r.get("grant", {})
    }  # fmt: skip
    mistake = ""
    if found == {truth.hoarder, "fennimuckle"}:
        mistake = "records-not-studies"
    elif found == set():
        mistake = "hours-of-the-clock"
    elif found == {truth.hoarder} | refused:
        mistake = "refused-counted-in"
    return failed(expected={truth.hoarder}, got=got, rule=RULE, mistake=mistake)
