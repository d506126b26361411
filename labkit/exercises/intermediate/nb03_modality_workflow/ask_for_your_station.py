"""Ask the worklist for one station and one day.

Matching keys lie where the attribute lies.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges
from labkit.exercises.intermediate.nb03_modality_workflow._before import GIVEN

_BEGIN = "        mark = lab.mark()\n"
_REFERENCE = """
        found = worklist(lab.worklist, {
            "ScheduledProcedureStepSequence": {
                "ScheduledStationAETitle": "MR1",
                "ScheduledProcedureStepStartDate": "20260116",
            },
        })
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # what is scheduled for the station MR1 on 16 January 2026, and nothing else
        found = ...
    """,
    reference=_BEGIN + _REFERENCE,
    explanation="""
        Station, date and modality belong to the scheduled step, so they lie in the item of
        Scheduled Procedure Step Sequence (0040,0100); patient and accession lie at the root (PS3.4
        Table K.6-1). Sequence matching takes an entry if one of its items fits all keys of yours
        (C.2.2.2.6). Each vendor has its default filter, and the usual ones are exactly
        these: own AE title, today, own modality.
    """,
    hints=(
        "worklist(lab.worklist, keys) takes a dict; look at where the notebook's query has its "
        "station.",
        "The start date is an attribute of the step, beside the station. A date in DICOM is "
        "YYYYMMDD.",
        'Inside "ScheduledProcedureStepSequence": {…} both "ScheduledStationAETitle": "MR1" and '
        '"ScheduledProcedureStepStartDate": "20260116".',
    ),
    wrong=(
        Wrong(
            "key-at-the-root",
            _BEGIN
            + """
        found = worklist(lab.worklist, {"ScheduledStationAETitle": "MR1"})
""",
            """Your key lies at the root, where an entry has no station. An SCP ignores it, or
            answers FF01, and lists everything. Put it into ScheduledProcedureStepSequence.""",
        ),
        Wrong(
            "any-day",
            _BEGIN + _REFERENCE.replace('"20260116"', '""'),
            """An empty date matches every day (universal matching, C.2.2.2.3): tomorrow's patients
            stand in today's list.""",
        ),
        Wrong(
            "filtered-afterwards",
            _BEGIN
            + """
        found = [item for item in worklist(lab.worklist)
                 if item.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == "MR1"]
""",
            """You asked for everything and chose from it yourself. A busy hospital has some hundred
            entries, and the scanner gets them all, each with a patient who is not its own.""",
        ),
        Wrong(
            "by-modality",
            _BEGIN + _REFERENCE.replace('"ScheduledStationAETitle": "MR1"', '"Modality": "MR"'),
            """You asked for the modality. With two scanners, each lists the patients of the other
            as well. The station's AE title tells them apart.""",
        ),
    ),
)

RULE = cite("PS3.4", "K.6.1.2.2")


def check(work: Work) -> Verdict:
    """Read the newest worklist query on the wire."""
    asked = [x for x in exchanges(work, "WORKLIST", "C-FIND") if x.request.data_set is not None]
    if not asked:
        return blank("No query has come to WORKLIST yet.")
    keys = asked[-1].request.data_set
    expected = "in the item of (0040,0100): station MR1 and start date 20260116"
    if keys is None:
        return failed(expected=expected, got="a query without keys", rule=RULE)
    items = keys.get("ScheduledProcedureStepSequence") or []
    step = items[0] if items else {}
    station = str(step.get("ScheduledStationAETitle") or "")
    day = str(step.get("ScheduledProcedureStepStartDate") or "")
    got = f"station {station!r}, start date {day!r}, modality {step.get('Modality') or ''!r}"
    if station == "MR1" and day in ("20260116", "20260116-20260116"):
        return passed("One station, one day: two keys on the wire.", rule=RULE)
    mistake = ""
    if not station and keys.get("ScheduledStationAETitle"):
        mistake = "key-at-the-root"
    elif station == "MR1":
        mistake = "any-day" if not day else ""
    elif not station:
        mistake = "by-modality" if step.get("Modality") else "filtered-afterwards"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
