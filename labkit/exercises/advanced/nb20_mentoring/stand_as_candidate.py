"""The first question: you are the candidate

The same case, and no talk: show each layer before you change anything, then mend and prove it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.evidence import Exchange, exchanges, traces
from labkit.exercises.intermediate.nb06_unannounced_faults._closed import (
    GAVE_UP,
    MISNAMED,
    MISNAMED_SAYS,
    UNNAMED,
    UNNAMED_SAYS,
    judge,
)
from labkit.lab.faults.debrief import Debrief

SEED, LEVEL = 4, 2
_LOOK = """
    echo(lab.router)
    done = lab.examine("US1")
    order = identifier("STUDY", AccessionNumber="LK2600035", StudyInstanceUID=None)
    before = find(lab.archive, order)
    queued = lab.log("ROUTER", since=mark).having("queued")
"""
_MEND = """
    lab.faults.diagnose("router-without-rule", [done, done.traces, queued])
    lab.configure("ROUTER", forward_to=["ARCHIVE"])
"""
_PROVE = """
    lab.examine("US1")
    after = find(lab.archive, order)
"""
_CLOSE = """
    result = lab.faults.debrief()
"""

EXERCISE = Exercise(
    given=IMPORTS
    + """
    from labkit.dimse import echo, find, identifier
    lab.faults.clear()
    print(lab.faults.surprise(seed=4, level=2))
    mark = lab.mark()
""",
    blank="""
    # Before you change anything: ask the machine that US1 sends to by C-ECHO, have US1 do its work,
    # read the log, and look in ARCHIVE by the accession number of the order, LK2600035.
    # Then name it (lab.faults.diagnose), mend it, have US1 do its work again, and look again.
    result = ...  # then: lab.faults.debrief()
    """,
    answer="result",
    expects=Debrief,
    reference=_LOOK + _MEND + _PROVE + _CLOSE,
    explanation="""
        Every layer was green, and that is the finding: the echo is answered, the context accepted,
        the status 0000, and the archive has nothing under the accession number. So the object is
        between the one who said 0000 and the archive. Only then is something changed, one thing,
        and the same question to the archive has another answer.
    """,
    hints=(
        'US1 sends to ROUTER: echo(lab.router), then lab.examine("US1").',
        'find(lab.archive, identifier("STUDY", AccessionNumber="LK2600035", '
        "StudyInstanceUID=None)) before the repair, and again after it.",
        'diagnose("router-without-rule", [done, done.traces, lab.log("ROUTER", since=mark)'
        '.having("queued")]), then lab.configure("ROUTER", forward_to=["ARCHIVE"]), and examine '
        "and find again before the debrief.",
    ),
    wrong=(
        Wrong(
            "repaired-first",
            """
    lab.configure("ROUTER", forward_to=["ARCHIVE"])
    lab.examine("US1")
    """
            + _LOOK.lstrip()
            + """
    lab.faults.diagnose("router-without-rule", [done, done.traces, queued])
    """
            + _CLOSE.lstrip(),
            """You changed something before you had asked every layer. It was right this time. What
            the layers said before is gone, and nobody can tell any more what it was.""",
        ),
        Wrong(
            "archive-not-asked",
            _LOOK.replace("    before = find(lab.archive, order)\n", "") + _MEND + _PROVE + _CLOSE,
            """You did not ask the archive before the repair whether it has the study, by its
            accession number or its UID. Perhaps it was there, under somebody else.""",
        ),
        Wrong(
            "asked-by-name",
            _LOOK.replace(
                'AccessionNumber="LK2600035"', 'PatientName="Pebbleworth*", AccessionNumber=None'
            )
            + _MEND
            + _PROVE
            + _CLOSE,
            """You asked the archive by the patient's name. If the images are under another name,
            this finds nothing, and so does the ward. Ask by accession number or Study Instance
            UID.""",
        ),
        Wrong(
            "not-proven",
            _LOOK + _MEND + _CLOSE,
            """You mended it and believed it. Have US1 do its work again, and ask the archive the
            same question as before, in front of the one who called.""",
        ),
        Wrong(UNNAMED, _LOOK + _MEND.split("\n", 2)[2] + _PROVE + _CLOSE, UNNAMED_SAYS),
        Wrong(
            MISNAMED,
            _LOOK + _MEND.replace("router-without-rule", "worklist-empty") + _PROVE + _CLOSE,
            MISNAMED_SAYS,
        ),
        GAVE_UP,
    ),
)

RULE = cite("PS3.4", "B.2.3")


def check(work: Work) -> Verdict:
    """Look at the lab's own record: what was asked before anything got through, what after."""
    verdict = judge(work, LEVEL, SEED, RULE)
    if verdict.outcome != "passed":
        return verdict
    through = [trace.started for trace in traces(work, "ARCHIVE", caller="ROUTER")]
    mended = min(through, default="9999")
    steps = {
        "network": [x.trace.started for x in exchanges(work, "ROUTER", "C-ECHO")],
        "association and status": [t.started for t in traces(work, "ROUTER", caller="US1")],
    }
    expected = "each layer asked before anything is changed, and the work proven after it"
    for layer, times in steps.items():
        if not any(time < mended for time in times):
            got = f"{layer}: nothing was asked before the first image went through"
            return failed(expected=expected, got=got, rule=RULE, mistake="repaired-first")
    asked = exchanges(work, "ARCHIVE", "C-FIND")
    sent = min(steps["association and status"])
    early = [x for x in asked if sent < x.trace.started < mended]
    if not any(_by_key(x) for x in early):
        mistake = "asked-by-name" if early else "archive-not-asked"
        got = "data: ARCHIVE was not asked by accession number or UID before the repair"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if not any(_by_key(x) and x.matches for x in asked if x.trace.started > mended):
        got = "after the repair nobody has seen the study in ARCHIVE"
        return failed(expected=expected, got=got, rule=RULE, mistake="not-proven")
    return verdict


def _by_key(one: Exchange) -> bool:
    keys = one.request.data_set
    wanted = ("AccessionNumber", "StudyInstanceUID")
    return keys is not None and any(str(keys.get(key) or "").strip("*") for key in wanted)
