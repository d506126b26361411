"""Read an audit message.

The repository of the region gets DICOM audit messages (PS3.15 A.5) from every product, so that is
what a reviewer has to read, not our own records.
"""

from collections.abc import Callable

from labkit.access.audit import audit_message
from labkit.access.audit.events import code
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def told(xml):
        root = etree.fromstring(xml)
        object_ = "//ParticipantObjectIdentification"
        def first(path):
            found = root.xpath(path)
            return str(found[0]) if found else ""
        return {
            "event": first("//EventID/@csd-code"),
            "worked": first("//@EventOutcomeIndicator") == "0",
            "who": first("//ActiveParticipant[@UserIsRequestor='true']/@UserID"),
            "study": first(f"{object_}[*/@csd-code='110180']/@ParticipantObjectID"),
            "patient": first(f"{object_}[@ParticipantObjectTypeCodeRole='1']/@ParticipantObjectID"),
        }
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def told(xml):
        root = etree.fromstring(xml)
        ...  # {"event": code, "worked": bool, "who": …, "study": UID or "", "patient": id or ""}

    # who: the participant that is the requestor; study: the object whose ID type is 110180;
    # patient: the object in the role 1
    """,
    answer="told",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Participants and objects come in any order; what they are is told by UserIsRequestor, by
        RoleIDCode and by the codes of the objects, not by the place. Exactly one participant is the
        requestor. The outcome is 0 for success and 4, 8 or 12 for failures of growing weight
        (PS3.15 A.5.1.1).
    """,
    hints=(
        "Print the message of a C-MOVE with etree.tostring(root, pretty_print=True).",
        "Choose participants and objects by their attributes: XPath has [@name='value'].",
        "root.xpath(\"//ActiveParticipant[@UserIsRequestor='true']/@UserID\") is a list; the study "
        "has a child with csd-code 110180, the patient ParticipantObjectTypeCodeRole 1.",
    ),
    wrong=(
        Wrong(
            "first-participant",
            _RIGHT.replace("[@UserIsRequestor='true']", ""),
            """You took the first participant. In a C-MOVE that is the node that sends; who wanted
            it is another.""",
        ),
        Wrong(
            "first-object",
            _RIGHT.replace("[@ParticipantObjectTypeCodeRole='1']", ""),
            """You took the first object for the patient. It is the study here, and in a query the
            query.""",
        ),
        Wrong(
            "text-not-code",
            _RIGHT.replace("//EventID/@csd-code", "//EventID/@originalText"),
            """You took the text of the event. It is for people, and each product writes its own;
            what is compared is the code (PS3.15 A.5.1.1: csd-code with codeSystemName).""",
        ),
        Wrong(
            "always-worked",
            _RIGHT.replace('first("//@EventOutcomeIndicator") == "0"',
                           'first("//@EventOutcomeIndicator") != ""'),
            """Every message has an outcome. Only 0 says that it worked.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "A.5.1.1"), cite("PS3.15", "A.5.3.3"))


def check(work: Work) -> Verdict:
    """Hand it a move, a read, a refusal and a search of another week."""
    records, _, study = hidden()[:3]
    hers = [r for r in records if r.get("what", {}).get("StudyInstanceUID") == study]
    search = next(r for r in records if r.get("search"))
    for record in (*hers, search):
        what, grant = record["what"], record["grant"]
        right = {
            "event": code(record["event"]).value,
            "worked": record["allowed"], "who": grant.get("subject") or grant["client"],
            "study": what.get("StudyInstanceUID", ""), "patient": what.get("PatientID", ""),
        }  # fmt: skip
        got = work.call(audit_message(record))
        if got is None or got is ...:
            return blank("It returns nothing yet.")
        if got != right:
            mistake = ""
            if isinstance(got, dict):
                off = {name for name in right if got.get(name) != right[name]}
                names = {"who": "first-participant", "patient": "first-object",
                         "event": "text-not-code",
                         "worked": "always-worked"}  # fmt: skip
                mistake = names.get(next(iter(off)), "") if len(off) == 1 else ""
            return failed(expected=right, got=got, rule=RULE, mistake=mistake)
    return passed(f"{len(hers) + 1} messages, each read by what it says.", rule=RULE)
