"""Which ID do you ask another community for?

1001234 is Posy Brackenfold at North General, and Ignatius Marblethorpe at Lakeside.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.parties import LAKESIDE, NORTH, Party, PatientId
from labkit.exchange.pix import CrossReference, Domain
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN

_RIGHT = """
    from labkit.exchange.pix import UnknownPatientId

    def ids_there(patient, authority, pix):
        try:
            return pix.corresponding(patient, [authority])
        except UnknownPatientId:
            return []
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        from labkit.exchange.pix import UnknownPatientId

        def ids_there(patient, authority, pix):
            ...  # the PatientIds to ask for there; none where none is known

        # pix.corresponding(patient, authorities) raises UnknownPatientId for one it has never seen
    """,
    answer="ids_there",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A patient ID is a value and the authority that issued it (ITI TF-3 4.2.3.1.7, CX). A gateway
        asks another community with an ID of that community's authority, which a cross-reference
        manager (PIX, ITI-83) or a demographic query there (XCPD, ITI-55) has told. Where nobody
        knows one it does not ask. An empty list is a safe answer; the same number is not.
    """,
    hints=(
        "What does pix.corresponding give for Posy, NORTH.patient('1001234'), at Lakeside?",
        "Limit it to the authority that is asked, and catch UnknownPatientId.",
        "try: return pix.corresponding(patient, [authority])  except UnknownPatientId: return []",
    ),
    wrong=(
        Wrong(
            "same-number",
            """
            def ids_there(patient, authority, pix):
                from labkit.exchange.parties import PatientId
                return [PatientId(patient.value, authority)]
            """,
            """You asked for the same number there. For Posy that fetches the bone scan of Ignatius
            Marblethorpe, under her name.""",
        ),
        Wrong(
            "same-number-if-unknown",
            _RIGHT.replace("return pix.corresponding(patient, [authority])",
                           "return pix.corresponding(patient, [authority]) or "
                           "[type(patient)(patient.value, authority)]"),
            """Where no ID is known you fall back on the number. That is when it is somebody
            else's.""",
        ),
        Wrong(
            "every-authority",
            _RIGHT.replace("corresponding(patient, [authority])", "corresponding(patient)"),
            """You return the IDs of all authorities. A community that is asked for another one's ID
            finds nobody, or the wrong one.""",
        ),
        Wrong(
            "unknown-raises",
            """
            def ids_there(patient, authority, pix):
                return pix.corresponding(patient, [authority])
            """,
            """Somebody who came in an hour ago is unknown to the manager: your function raises, and
            the whole query fails, for other communities too.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE ITI TF-3", "4.2.3.1.7")
_MILAN = Party("Milan", "MILAN", "urn:oid:2.25.9.1", "2.25.9.2", "2.25.9.3", "2.25.9.4", "2.25.9.5")


def check(work: Work) -> Verdict:
    """Ask for four people at a manager that knows three authorities."""
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE), Domain.of(_MILAN)])
    marigold, posy = NORTH.patient("NG-100457"), NORTH.patient("1001234")
    there = LAKESIDE.patient("LK-20871")
    pix.link(marigold, there, _MILAN.patient("MI-7"), why="check")
    pix.register(posy, LAKESIDE.patient("1001234"))
    cases: tuple[tuple[PatientId, list[PatientId], str], ...] = (
        (marigold, [there], "Marigold Thistlewick, LK-20871 at Lakeside"),
        (posy, [], "Posy Brackenfold, unknown at Lakeside"),
        (NORTH.patient("NG-100618"), [], "somebody the manager has never seen"),
    )
    for patient, right, who in cases:
        try:
            got = work.answer(patient, LAKESIDE.authority, pix)
        except Exception as error:
            name = type(error).__name__
            mistake = "unknown-raises" if name == "UnknownPatientId" else ""
            return failed(expected=f"{who}: {len(right)} IDs", got=name, rule=RULE, mistake=mistake)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, (list, tuple, set, frozenset)) or not all(
            isinstance(one, PatientId) for one in got
        ):
            return failed(expected=f"{who}: a list of PatientIds", got=got, rule=RULE)
        if list(got) == right:
            continue
        same = LAKESIDE.patient(patient.value)
        mistake = ""
        if same in got:
            mistake = "same-number-if-unknown" if patient != marigold else "same-number"
        elif any(one.authority != LAKESIDE.authority for one in got):
            mistake = "every-authority"
        return failed(expected=f"{who}: {[str(one) for one in right]}",
                      got=str([str(one) for one in got]), rule=RULE, mistake=mistake)  # fmt: skip
    return passed("Marigold is asked for as LK-20871, the others not at all.", rule=RULE)
