"""Write the incident report of a case.

A function that makes it from a debrief, so that no report forgets a part.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.lab.faults.debrief import Debrief, Finding

EXERCISE = Exercise(
    blank="""
        def incident_report(debrief):
            # For each finding its name, cause, repair, and OPEN if it is not repaired; every step.
            ...
    """,
    answer="incident_report",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def incident_report(debrief):
            lines = [f"Case {debrief.seed}, level {debrief.level}"]
            for finding in debrief.findings:
                state = "repaired" if finding.repaired else "OPEN"
                lines.append(f"{finding.name} ({finding.layer}): {state}")
                lines.append(f"  cause: {finding.cause}")
                lines.append(f"  repair: {finding.repair}")
            lines += [f"changed: {step}" for step in debrief.steps]
            return "\\n".join(lines)
    """,
    explanation="""
        The report is for the one who has the next night shift: what it was, how it was seen, what
        was changed, and what is still open. A list of all changes is what one needs when something
        else breaks the day after. What is not repaired is said first and plainly.
    """,
    hints=(
        "debrief.findings is a list; each finding has name, cause, repair and repaired.",
        "debrief.steps has what was changed, in order. Put each into a line.",
        'If not finding.repaired, write the word OPEN; "\\n".join(lines) makes the text.',
    ),
    wrong=(
        Wrong(
            "first-finding-only",
            """
            def incident_report(debrief):
                finding = debrief.findings[0]
                state = "repaired" if finding.repaired else "OPEN"
                lines = [f"{finding.name}: {state}", finding.cause, finding.repair]
                return "\\n".join([*lines, *debrief.steps])
            """,
            """Your report has the first finding only. A case of level 3 has two, and the second is
            the one that comes back.""",
        ),
        Wrong(
            "hides-what-is-open",
            """
            def incident_report(debrief):
                lines = []
                for f in debrief.findings:
                    lines += [f"{f.name}: repaired", f.cause, f.repair]
                return "\\n".join([*lines, *debrief.steps])
            """,
            """Your report calls everything repaired. Look at finding.repaired, and write OPEN
            where it is not.""",
        ),
        Wrong(
            "no-changes",
            """
            def incident_report(debrief):
                lines = []
                for f in debrief.findings:
                    state = "repaired" if f.repaired else "OPEN"
                    lines += [f"{f.name}: {state}", f.cause, f.repair]
                return "\\n".join(lines)
            """,
            """Your report does not say what was changed: debrief.steps. The next incident begins
            with that question.""",
        ),
    ),
)

RULE = cite("PS3.15", "A.5")


def check(work: Work) -> Verdict:
    """Hand it a debrief of two findings, one of them open."""
    findings = [_finding("first-fault", "it was loose", "fasten it", True),
                _finding("second-fault", "it was bent", "straighten it", False)]  # fmt: skip
    steps = ("MR1: called", "ARCHIVE: room")
    text = work.call(Debrief(50, {}, findings, 3.0, steps, (), 5, 3))
    if text is None or text is ...:
        return blank()
    text = "\n".join(map(str, text)) if isinstance(text, (list, tuple)) else str(text)
    for finding in findings:
        if not all(part in text for part in (finding.name, finding.cause, finding.repair)):
            mistake = "first-finding-only" if finding is findings[1] else ""
            return _not_yet(f"name, cause and repair of {finding.name}", text, mistake)
    if "open" not in text.lower() and "not repaired" not in text.lower():
        return _not_yet("that second-fault is OPEN", text, "hides-what-is-open")
    if not all(step in text for step in steps):
        return _not_yet("every step that was taken", text, "no-changes")
    return passed("Whoever comes next knows what was, what was done, and what is open.", rule=RULE)


def _not_yet(expected: str, text: str, mistake: str) -> Verdict:
    return failed(
        expected=f"a report that says {expected}", got=text[:80], rule=RULE, mistake=mistake
    )


def _finding(name: str, cause: str, repair: str, repaired: bool) -> Finding:
    return Finding(name, "", "network", cause, "", repair, "", True, 1, (), repaired, "")
