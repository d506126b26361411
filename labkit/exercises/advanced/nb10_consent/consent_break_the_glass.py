"""Break the glass

A patient lies unconscious in the emergency room, and has opted out. Ask so that the images come,
and so that it can be answered for.
"""

from __future__ import annotations

from labkit.access import Grant
from labkit.access.consent import consent, provision
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import IMPORTS, ruled, who

_RIGHT = """
    grant = Grant("emergency-room", "rowanberry",
                  actors=frozenset({"Practitioner/rowanberry"}),
                  purpose="BTG", reason="unconscious after a fall, earlier bleed known")
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Dr. Rowanberry asks from the emergency room. What has to be in her grant?
    grant = Grant("emergency-room", "rowanberry",
                  actors=frozenset({"Practitioner/rowanberry"}))
    """,
    answer="grant",
    expects=Grant,
    reference=_RIGHT,
    explanation="""
        The purpose BTG (break the glass) or ETREAT (emergency treatment) of v3-ActReason
        overrides a deny that does not speak of emergencies, if there is a reason in words. It is
        recorded before the answer goes out; where it cannot be recorded it is refused. The grant
        comes from a token: who may ask for such a purpose is decided when the token is issued.
    """,
    hints=(
        "A grant says why: purpose. TREAT is what everybody has who treats.",
        "BTG stands for break the glass. It is not enough by itself.",
        "reason='…': what a colleague would accept who reads the audit on Monday.",
    ),
    wrong=(
        Wrong(
            "no-reason",
            _RIGHT.replace(', reason="unconscious after a fall, earlier bleed known"', ""),
            """Without a reason the glass stays whole: whoever reads the audit could not tell the
            emergency from curiosity.""",
        ),
        Wrong(
            "treatment",
            _RIGHT.replace('"BTG"', '"TREAT"'),
            """TREAT is the everyday purpose, and the patient has denied it. A reason does not make
            it an emergency.""",
        ),
        Wrong(
            "not-a-code",
            _RIGHT.replace('"BTG"', '"EMERGENCY"'),
            """The purpose is no code for an emergency: v3-ActReason has BTG and ETREAT. What a
            service does not know opens nothing.""",
        ),
        Wrong(
            "no-words",
            _RIGHT.replace("unconscious after a fall, earlier bleed known", "x"),
            """The engine lets it pass, since it cannot read. A colleague can: "x" is what is typed
            to get rid of a box, and the audit (notebook 11) looks for it.""",
        ),
        Wrong(
            "as-the-patient",
            _RIGHT.replace("Practitioner/rowanberry", "Patient/quillfeather"),
            """She asks as somebody she is not. The audit would say that the patient looked.""",
        ),
    ),
)

RULE = cite("FHIR R4 Consent", "provision.purpose; v3-ActReason BTG, ETREAT")


def check(work: Work) -> Verdict:
    """Decide on an opt-out by what the grant says."""
    grant = work.answer
    if not isinstance(grant.purpose, str) or not isinstance(grant.reason, str):
        return failed(expected="purpose and reason, each a text",
                      got=f"{grant.purpose!r}, {grant.reason!r}", rule=RULE)  # fmt: skip
    if grant.purpose == "TREAT" and not grant.reason:
        return blank()
    if grant.actors != {"Practitioner/rowanberry"}:
        return failed(expected="Dr. Rowanberry asks, as herself", got=", ".join(grant.actors),
                      rule=RULE, mistake="as-the-patient")  # fmt: skip
    opted_out = consent("quillfeather", "OPTOUT", provision("deny"))
    ruling = ruled(opted_out, who(*grant.actors, purpose=grant.purpose, reason=grant.reason))
    if not ruling or not ruling.glass_broken:
        named = "treatment" if grant.purpose == "TREAT" else "not-a-code"
        if grant.purpose in ("BTG", "ETREAT") and not grant.reason.strip():
            named = "no-reason"
        return failed(expected="the images, and a record that says why", got=ruling.reason,
                      rule=RULE, mistake=named)  # fmt: skip
    if len(grant.reason.split()) < 2:
        return failed(expected="a reason in words", got=repr(grant.reason), rule=RULE,
                      mistake="no-words")  # fmt: skip
    return passed(ruling.reason, rule=RULE)
