"""Which copies are still under the wrong patient?

The archive was corrected. Copies went to four places before that, and nobody told them.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.tracking import Place
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN, refs

_RIGHT = """
    def not_told(places, hers):
        return [place.source for place in places if place.patient not in hers]
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def not_told(places, hers):
            ...  # a list of place.source: whose copy is not, or not for certain, under one of hers

        # places: as tracker.where_is(study).places has them
        # hers: all IDs that she has, with their issuers: {"NG-100457^^^NORTHGEN", …}
    """,
    answer="not_told",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A Patient ID means nothing without its issuer (PS3.3 C.7.1.1, Issuer of Patient ID). A copy
        at Lakeside is rightly under the ID that Lakeside gave her. A copy under her very number,
        but of another issuer, is another person's; and one without an issuer is whoever had that
        number where it came from, so somebody has to look.
    """,
    hints=(
        "She has an ID at each hospital. Is a copy under her Lakeside ID wrong?",
        "1001234 is two people. What tells them apart?",
        "Compare place.patient as a whole, ID and issuer.",
    ),
    wrong=(
        Wrong(
            "the-number-alone",
            """
    def not_told(places, hers):
        numbers = {each.split("^")[0] for each in hers}
        return [place.source for place in places if place.patient.split("^")[0] not in numbers]
""",
            """You compared numbers without their issuers. One copy is under her number as another
            hospital gave it, to another patient: her images are in a stranger's record.""",
        ),
        Wrong(
            "all-have-to-be-equal",
            """
    def not_told(places, hers):
        return [place.source for place in places if place.patient != places[0].patient]
""",
            """You asked for all copies to have the same ID. At Lakeside hers is another one, and
            rightly so; and if the first is wrong, you called the right ones wrong.""",
        ),
        Wrong(
            "no-issuer-is-ours",
            """
    def not_told(places, hers):
        numbers = {each.split("^")[0] for each in hers}
        return [place.source for place in places if place.patient not in hers
                and ("^" in place.patient or place.patient not in numbers)]
""",
            """You took an ID without an issuer for one of hers. It may be; it may be the other
            patient of this number. An image that nobody can place goes to a person to look at.""",
        ),
        Wrong(
            "the-other-way-round",
            _RIGHT.replace("not in hers", "in hers"),
            """You listed the copies that are right. Somebody will now 'correct' them.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.1.1"), cite("IHE RAD", "Patient Information Reconciliation"))


def check(work: Work) -> Verdict:
    """Hand it six copies, of which two are under her, each by its own issuer."""
    hers = {"1001234^^^NORTHGEN", "LK-20871^^^LAKESIDE"}
    ids = {
        "WORKSTN": "NG-TEMP7^^^NORTHGEN", "ARCHIVE": "1001234^^^NORTHGEN",
        "LEGACY": "LK-20871^^^LAKESIDE", "ROUTER": "1001234^^^LAKESIDE", "VNA": "1001234",
        "CLOUD": "LK-20871^^^NORTHGEN",
    }  # fmt: skip
    places = tuple(Place(n, patient, "", 1, ("CT",), (), True) for n, patient in ids.items())
    got = work.call(places, set(hers))
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    wanted = {"WORKSTN", "ROUTER", "VNA", "CLOUD"}
    found = refs(got)
    if found == wanted:
        return passed("Four copies to look after; the two of hers were left alone.", rule=RULE)
    mistakes = {
        "the-number-alone": {"WORKSTN"},
        "all-have-to-be-equal": set(ids) - {"WORKSTN"},
        "no-issuer-is-ours": wanted - {"VNA"},
        "the-other-way-round": set(ids) - wanted,
    }
    mistake = next((name for name, value in mistakes.items() if value == found), "")
    return failed(expected=sorted(wanted), got=got, rule=RULE, mistake=mistake)
