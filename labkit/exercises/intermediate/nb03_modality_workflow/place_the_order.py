"""Order a scan, so that the scanner finds it.

The fields of an order, and where a worklist shows them.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since
from labkit.exercises.intermediate.nb03_modality_workflow._before import (
    GIVEN,
    scheduled,
    text_of,
)

_BEGIN = """
        mark = lab.mark()
        n = number()
        accession = f"NG{n}"
"""
_LINES = r"""
        text = "\n".join([
            r"MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260116080000||ORM^O01|" + n + "|P|2.5.1",
            "PID|1||NG-100231^^^NORTHGEN||Quillfeather^Tobias||19580304|M",
            f"ORC|NW|P{n}|F{n}||||^^^202601161030^^R",
            f"OBR|1|P{n}|F{n}|CTHEAD^CT head^99LABKIT" + "|" * 14 + FIELDS,
        ])
        answer = lab.send_hl7(text)
"""
_FIELDS = 'f"NG{n}|RP{n}|SPS{n}|CT7|||CT"'


def _with(fields: str, lines: str = _LINES) -> str:
    return _BEGIN + lines.replace("FIELDS", fields)


EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + r"""
        # OBR-18 accession, OBR-19 requested procedure f"RP{n}", OBR-20 step f"SPS{n}",
        # OBR-21 station CT7, OBR-24 modality CT. "|" * 14 leads from OBR-4 to OBR-18.
        fields = ...

        text = "\n".join([
            r"MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260116080000||ORM^O01|" + n + "|P|2.5.1",
            "PID|1||NG-100231^^^NORTHGEN||Quillfeather^Tobias||19580304|M",
            f"ORC|NW|P{n}|F{n}||||^^^202601161030^^R",
            f"OBR|1|P{n}|F{n}|CTHEAD^CT head^99LABKIT" + "|" * 14 + str(fields),
        ])
        answer = lab.send_hl7(text) if fields is not ... else None
    """,
    reference=_with(_FIELDS),
    explanation="""
        HL7 v2 counts: OBR-18 is the 18th field behind the segment's name, and one bar too few puts
        every value behind it into the wrong place. OBR-18 to OBR-20 are placer and filler fields,
        which HL7 leaves to the sites; IHE Scheduled Workflow puts accession, requested procedure
        and step there (RAD TF-2 4.4). The station in OBR-21 is a local agreement, so it is
        the first thing to ask when an order does not come up at the scanner.
    """,
    hints=(
        "Write the five values with bars between them; an empty field is two bars side by side.",
        "OBR-21 is followed by the empty OBR-22 and OBR-23, then comes OBR-24: three bars.",
        'fields = f"NG{n}|RP{n}|SPS{n}|CT7|||CT"',
    ),
    wrong=(
        Wrong(
            "one-bar-too-few",
            _with(_FIELDS, _LINES.replace('"|" * 14', '"|" * 13')),
            """One bar is missing, so every value lies one field too early: the accession is in
            OBR-17, and OBR-18 has the requested procedure. Count from OBR-4.""",
        ),
        Wrong(
            "no-accession",
            _with('f"|RP{n}|SPS{n}|CT7|||CT"'),
            """OBR-18 is empty, and the RIS refuses an order without an accession number: read
            the answer of send_hl7. Nothing is scheduled.""",
        ),
        Wrong(
            "other-station",
            _with('f"NG{n}|RP{n}|SPS{n}|CT1|||CT"'),
            """The step is scheduled for CT1. CT7 asks for its own AE title and never sees it.""",
        ),
        Wrong(
            "modality-is-us",
            _with('f"NG{n}|RP{n}|SPS{n}|CT7|||US"'),
            """OBR-24 says US. A CT that filters by modality, as most do, does not list it.""",
        ),
    ),
)

RULE = cite("PS3.4", "K.6.1.2")


def check(work: Work) -> Verdict:
    """Look for the step on the worklist, as CT7 would."""
    accession = text_of(work, "accession")
    said = work.lab.log("WORKLIST", since=since(work)).having("ORM^O01")
    if not said:
        return blank("No order has come to the RIS yet.")
    found = scheduled(work, accession)
    expected = "on the worklist: the accession, station CT7, modality CT"
    if not found:
        early = scheduled(work, f"RP{text_of(work, 'n')}")
        mistake = "one-bar-too-few" if early or "OBR-24" in said.text else ""
        if not mistake and "OBR-18" in said.text:
            mistake = "no-accession"
        return failed(expected=expected, got=repr(work.namespace.get("answer")), rule=RULE,
                      mistake=mistake)  # fmt: skip
    step = found[0].ScheduledProcedureStepSequence[0]
    got = (str(step.ScheduledStationAETitle), str(step.Modality))
    if got != ("CT7", "CT"):
        mistake = "other-station" if got[0] != "CT7" else "modality-is-us"
        return failed(expected=expected, got=f"station {got[0]!r}, modality {got[1]!r}",
                      rule=RULE, mistake=mistake)  # fmt: skip
    return passed("CT7 finds the step, with the accession of the order.", rule=RULE)
