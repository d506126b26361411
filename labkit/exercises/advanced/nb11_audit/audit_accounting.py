"""Answer a patient who asks to whom her data went.

45 CFR 164.528 gives a patient an accounting of disclosures. Not in it: treatment, payment, health
care operations, and what went to herself.
"""

from collections.abc import Callable

from labkit.access.audit.madeup import VIP
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def accounting(records, ids):
        left_out = {"TREAT", "ETREAT", "BTG", "HPAYMT", "HOPERAT", "PATRQT"}
        return [record["seq"] for record in records
                if record["kind"] == "access" and record["allowed"]
                and {record["what"].get("PatientID"), record["what"].get("patient")} & set(ids)
                and record["purpose"] not in left_out]
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def accounting(records, ids):
        ...  # the numbers (seq) of the records of kind "access" that go into the answer

    # purpose: TREAT, ETREAT, BTG treatment; HPAYMT payment; HOPERAT operations; PATRQT herself
    """,
    answer="accounting",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        An accounting is not a copy of the trail: it lists disclosures outside of treatment, payment
        and operations (45 CFR 164.528(a)(1)), with date, recipient, what and why. Research under a
        waiver and reports to public health are in it. More is left out than this week has: what
        she has authorised, a limited data set, and others, (i) to (ix). What was refused was not
        disclosed. Under
        GDPR Article 15 the question is a wider one: recipients or categories of them, whatever the
        purpose.
    """,
    hints=(
        "List purpose and subject of all records about her: which purposes are there?",
        "Take out what was refused, and the six purposes that the comment names.",
        "Both ids count: what.PatientID at the DICOM doors, what.patient at the FHIR server.",
    ),
    wrong=(
        Wrong(
            "treatment-too",
            _RIGHT.replace('and record["purpose"] not in left_out', ""),
            """You listed treatment as well. The law leaves it out, and a list of four hundred
            lines answers nobody.""",
        ),
        Wrong(
            "refused-too",
            _RIGHT.replace('and record["allowed"]', ""),
            """You listed a request that was refused. Nothing was disclosed by it.""",
        ),
        Wrong(
            "herself-too",
            _RIGHT.replace(', "PATRQT"', ""),
            """You listed what went to herself. She knows (164.528(a)(1)(ii)).""",
        ),
        Wrong(
            "research-alone",
            _RIGHT.replace('record["purpose"] not in left_out', 'record["purpose"] == "HRESCH"'),
            """You looked for research alone. The law names what is left out, not what is in:
            a report to public health is a disclosure too.""",
        ),
        Wrong(
            "one-id",
            _RIGHT.replace(', record["what"].get("patient")', ""),
            """You looked for the Patient ID alone. What went to public health went over FHIR,
            where she has another id.""",
        ),
    ),
)

RULE = (cite("45 CFR", "164.528(a)(1)"), cite("PS3.15", "A.5"))


def check(work: Work) -> Verdict:
    """Hand it another week."""
    records, truth = hidden()[:2]
    got = work.call(records, VIP)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    if got == truth.disclosed:
        return passed("Research under a waiver, and a report to public health.", rule=RULE)
    left_out = {"TREAT", "ETREAT", "BTG", "HPAYMT", "HOPERAT", "PATRQT"}
    hers = [
        r for r in records
        if r["kind"] == "access" and {r["what"].get("PatientID"), r["what"].get("patient")} & {*VIP}
    ]  # fmt: skip
    mistakes = {
        "treatment-too": [r for r in hers if r["allowed"]],
        "refused-too": [r for r in hers if r["purpose"] not in left_out],
        "herself-too": [
            r for r in hers if r["allowed"] and r["purpose"] not in left_out - {"PATRQT"}
        ],
        "one-id": [
            r for r in hers
            if r["allowed"] and r["purpose"] not in left_out and "PatientID" in r["what"]
        ],
    }  # fmt: skip
    over_dicom = [
        {**r, "what": {**r["what"], "PatientID": VIP[0]}} if r in hers else r for r in records
    ]
    if got != truth.disclosed[:0] and work.call(over_dicom, VIP) == got:
        del mistakes["one-id"]
        mistakes["research-alone"] = [r for r in hers if r["purpose"] == "HRESCH" and r["allowed"]]
    named = [name for name, which in mistakes.items() if got == [r["seq"] for r in which]]
    return failed(expected=truth.disclosed, got=got, rule=RULE, mistake=named[0] if named else "")
