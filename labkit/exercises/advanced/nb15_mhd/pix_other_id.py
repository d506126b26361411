"""Who is she there?

A gateway has the patient's ID of one community and needs that of another. Ask the manager.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.common.access import ALLOW_ALL
from labkit.common.serving import HttpService
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.pix import CrossReference, Domain, pix_app
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_ASK = """
    def other_id(pix, patient, authority):
        answer = requests.get(
            f"{pix}/Patient/$ihe-pix",
            params={"sourceIdentifier": patient.token, "targetSystem": f"urn:oid:{authority}"},
            timeout=30,
        )
"""
_REFUSED = """
        answer.raise_for_status()
"""
_RETURN = """
        for row in answer.json().get("parameter", []):
            if row["name"] == "targetIdentifier":
                return PatientId(row["valueIdentifier"]["value"], authority)
        return None
"""

EXERCISE = Exercise(
    given="""
    import requests
    from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
    """,
    blank="""
    def other_id(pix, patient, authority):
        ...  # the PatientId that authority gave to this person; None if the manager knows of none
    """,
    answer="other_id",
    expects=Callable,  # type: ignore[arg-type]
    reference=_ASK + _REFUSED + _RETURN,
    explanation="""
        sourceIdentifier is a token with the authority in it, targetSystem the authority that you
        want; without it the answer has the IDs of all. An empty answer means that nobody has linked
        her. 404, 400 and 403 mean something else: the ID is not known, or one of the authorities is
        not. Who takes these for `none` shows an empty list where a setting is wrong.
    """,
    hints=(
        "patient.token is what sourceIdentifier takes. Which parameter says where to look?",
        "The answer is a Parameters resource; look for parameters named targetIdentifier.",
        "None is an answer of 200 without one. raise_for_status() for everything else.",
    ),
    wrong=(
        Wrong(
            "same-number",
            """
    def other_id(pix, patient, authority):
        return PatientId(patient.value, authority)
""",
            """You took the number over. 1001234 is Posy Brackenfold at North General and Ignatius
            Marblethorpe at Lakeside: you have joined two people.""",
        ),
        Wrong(
            "any-authority",
            (_ASK + _REFUSED + _RETURN).replace(', "targetSystem": f"urn:oid:{authority}"', ""),
            """You took the first identifier of the answer. Without targetSystem it has those of
            every authority, and this one is of another.""",
        ),
        Wrong(
            "refusal-is-none",
            _ASK + """
        if not answer.ok:
            return None
""" + _RETURN,
            """You take a refusal for `nobody`. An authority that the manager does not know, a wrong
            OID in your settings, then looks like a patient without a past.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE ITI PIXm", "ITI-83 2:3.83.4.2.2")
_INSURER = Domain("2.25.2026100", "Insurer")


def check(work: Work) -> Verdict:
    """Serve a manager with three authorities, and have it asked."""
    marigold = (NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"))
    insured = PatientId("A1", _INSURER.authority)
    posy, ignatius = NORTH.patient("1001234"), LAKESIDE.patient("1001234")
    # The insurer's OID sorts before the others: its ID comes first in an answer.
    manager = CrossReference.from_table(
        [Domain.of(NORTH), Domain.of(LAKESIDE), _INSURER],
        [(*marigold, insured), [posy], [ignatius]],
    )
    service = HttpService("pix")
    pix = f"http://127.0.0.1:{service.bind()}"
    service.start(pix_app(manager, ALLOW_ALL))
    try:
        return _judged(work, pix, marigold, posy)
    finally:
        service.stop()


def _judged(
    work: Work, pix: str, marigold: tuple[PatientId, PatientId], posy: PatientId
) -> Verdict:
    got = work.call(pix, marigold[0], LAKESIDE.authority)
    if got in (None, ...):
        return blank("It finds nobody yet.")
    if got != marigold[1]:
        value = getattr(got, "value", got)
        mistake = {"NG-100457": "same-number", "A1": "any-authority"}.get(str(value), "")
        return failed(expected=marigold[1], got=got, rule=RULE, mistake=mistake)
    got = work.call(pix, posy, LAKESIDE.authority)
    if got is not None:
        return failed(expected="None: nobody has linked 1001234 of North General", got=got,
                      rule=RULE, mistake="same-number")  # fmt: skip
    for patient, authority, what in (
        (NORTH.patient("NG-0"), LAKESIDE.authority, "a patient that North General does not have"),
        (marigold[0], "2.25.9", "an authority that the manager does not know"),
    ):
        try:
            got = work.answer(pix, patient, authority)
        except Exception:  # any will do: it was told
            continue
        return failed(expected=f"an error for {what}", got=got, rule=RULE,
                      mistake="refusal-is-none")  # fmt: skip
    return passed("Her ID there, None for whom nobody has linked, and errors as errors.", rule=RULE)
