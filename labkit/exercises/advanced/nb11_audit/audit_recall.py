"""Where are copies of the image?

A study was filed under the wrong patient. Before it is corrected you have to know everywhere it
went: follow one image through the network.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def copies(records, study):
        places = set()
        for record in records:
            what = record.get("what", {})
            if what.get("StudyInstanceUID") != study or not record["allowed"]:
                continue
            if record["action"] == "C-STORE":
                places.add(record["door"])
            elif record["action"] == "C-MOVE":
                places.add(what["destination"])
            elif record["action"] == "read":
                places.add(record["grant"]["client"])
        return places
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def copies(records, study):
        ...  # a set: AE titles of nodes, and the names of applications (grant.client)

    # C-STORE puts it into the node that was asked; C-MOVE sends it on; a read over DICOMweb
    # gives it to the application that asked
    """,
    answer="copies",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Who asks and who gets are two in a C-MOVE (PS3.4 C.4.2): the audit message of it has three
        participants, source, destination and requestor. A C-STORE leaves the object at the node
        that was asked. A refusal moved nothing. What a browser keeps in its cache is out of reach:
        name the application and let its owner answer.
    """,
    hints=(
        "List action, door, actor, destination and client of each record of this study.",
        "For each action: where are the pixels afterwards?",
        "C-STORE: door. C-MOVE: what.destination. read: grant.client. Allowed ones only.",
    ),
    wrong=(
        Wrong(
            "who-asked",
            _RIGHT.replace('what["destination"]', 'record["actor"]'),
            """You noted who asked for the C-MOVE. The objects went to the destination, which may
            be another node.""",
        ),
        Wrong(
            "people",
            _RIGHT.replace('record["grant"]["client"]', 'record["grant"]["subject"]'),
            """You listed people. Who has seen it is another question; a copy lies in the
            application that fetched it, and its owner has to take it out there.""",
        ),
        Wrong(
            "applications-forgotten",
            _RIGHT.replace('places.add(record["grant"]["client"])', "pass"),
            """You followed DIMSE alone. A read over DICOMweb leaves the pixels in the application
            that asked: a viewer's cache, a portal's, a research store.""",
        ),
        Wrong(
            "refused-too",
            _RIGHT.replace(' or not record["allowed"]', ""),
            """You listed a place that was refused. No copy is there, and its people will look for
            one.""",
        ),
        Wrong(
            "storage-forgotten",
            _RIGHT.replace('places.add(record["door"])', "pass"),
            """You forgot where it was stored first: the archive has it too.""",
        ),
    ),
)

RULE = (cite("PS3.15", "A.5.3.3"), cite("PS3.4", "C.4.2"))


def check(work: Work) -> Verdict:
    """Hand it another week."""
    records, truth, study = hidden()[:3]
    got = work.call(records, study)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    found = set(got) if isinstance(got, (set, frozenset, list, tuple)) else got
    right = truth.copies
    if found == right:
        return passed(f"{len(right)} places.", rule=RULE)
    people = {
        r["grant"].get("subject") for r in records
        if r.get("action") == "read" and r["allowed"]
        and r["what"].get("StudyInstanceUID") == study
    }  # fmt: skip
    mistakes = {
        "who-asked": right - {"CONSULT"} | {"WORKSTN"},
        "refused-too": right | {"LEGACY"},
        "people": right & {"ARCHIVE", "CONSULT"} | people,
        "applications-forgotten": right & {"ARCHIVE", "CONSULT"},
        "storage-forgotten": right - {"ARCHIVE"},
    }
    named = [name for name, value in mistakes.items() if found == value]
    return failed(expected=sorted(right), got=got, rule=RULE, mistake=named[0] if named else "")
