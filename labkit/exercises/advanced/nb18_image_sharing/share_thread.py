"""From an order number to everything that came of it.

A referrer asks where the result of order NG-7001 is. Follow the references, from the order to the
document.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN, refs, server

_RIGHT = """
    def thread(base, number):
        def find(kind, **parameters):
            bundle = requests.get(f"{base}/{kind}", params=parameters).json()
            return [f"{kind}/{entry['resource']['id']}" for entry in bundle.get("entry", [])]
        found = find("ServiceRequest", identifier=f"{ORDERS}|{number}")
        for order in list(found):
            found += find("Task", focus=order)
            found += find("DiagnosticReport", **{"based-on": order})
            for study in find("ImagingStudy", basedon=order):
                found += [study] + find("DocumentReference", related=study)
        return set(found)
"""
_BY_PATIENT = """
    def thread(base, number):
        def find(kind, **parameters):
            return requests.get(f"{base}/{kind}", params=parameters).json().get("entry", [])
        order = find("ServiceRequest", identifier=f"{ORDERS}|{number}")[0]["resource"]
        patient, found = order["subject"]["reference"], {f"ServiceRequest/{order['id']}"}
        for kind in ("Task", "ImagingStudy", "DiagnosticReport", "DocumentReference"):
            found |= {f"{kind}/{e['resource']['id']}" for e in find(kind, patient=patient)}
        return found
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def thread(base, number):
            ...  # a set of references, "Task/1": order, task, study, report, documents

        # orders of North General have the system ORDERS
    """,
    answer="thread",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Nothing in R4 lists what came of an order: each later resource refers back. Task.focus,
        ImagingStudy.basedOn and DiagnosticReport.basedOn name the order, and
        DocumentReference.context.related names the study. The number means something only with
        the system of who gave it. Where a system leaves basedOn out, the thread ends, and people
        fall back to the accession number.
    """,
    hints=(
        "Begin with the order: identifier=system|value. Which resources refer to it, and by which "
        "search parameter?",
        "Task: focus. ImagingStudy: basedon, in one word. DiagnosticReport: based-on. A document "
        "refers to the study.",
        "DocumentReference?related=ImagingStudy/x, for each study that was found.",
    ),
    wrong=(
        Wrong(
            "number-alone",
            _RIGHT.replace('identifier=f"{ORDERS}|{number}"', "identifier=number"),
            """You searched for the number without its system. Lakeside has an order of the same
            number, of another patient, and you brought its study along.""",
        ),
        Wrong(
            "everything-of-the-patient",
            _BY_PATIENT,
            """You took everything of the patient. An older study is among it, and the referrer
            reads the wrong report.""",
        ),
        Wrong(
            "no-documents",
            _RIGHT.replace("""[study] + find("DocumentReference", related=study)""", "[study]"),
            """You stopped at the study. What another hospital gets is the document that describes
            it: the manifest.""",
        ),
        Wrong(
            "no-task",
            _RIGHT.replace("""            found += find("Task", focus=order)
""", ""),
            """You left the Task out. The order says what was asked for; who is to do it, and how
            far they are, is in the Task.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "servicerequest"), cite("FHIR R4", "documentreference"))
_NORTH, _LAKE = "https://north-general.example/order-number", "https://lakeside.example/orders"


def chain(client: Any, system: str, number: str, patient: str) -> dict[str, str]:
    """Put an order and what came of it on a server; references by type."""
    subject = {"subject": {"reference": f"Patient/{patient}"}}
    made: dict[str, str] = {}

    def put(resource: dict[str, Any]) -> str:
        stored = client.create(resource)
        made[resource["resourceType"]] = name = f"{resource['resourceType']}/{stored['id']}"
        return name

    order = {"reference": put({
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "identifier": [{"system": system, "value": number}], **subject,
    })}  # fmt: skip
    put({"resourceType": "Task", "status": "completed", "intent": "order", "focus": order,
         "for": subject["subject"]})  # fmt: skip
    study = {"reference": put({"resourceType": "ImagingStudy", "status": "available",
                               "basedOn": [order], **subject})}  # fmt: skip
    put({"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "CT"},
         "basedOn": [order], "imagingStudy": [study], **subject})  # fmt: skip
    put({"resourceType": "DocumentReference", "status": "current", **subject,
         "context": {"related": [study]},
         "content": [{"attachment": {"contentType": "application/dicom"}}]})  # fmt: skip
    return made


def check(work: Work) -> Verdict:
    """Ask about an order among three: one of another hospital, and an older one of the patient."""
    with server() as (client, url, _):
        wanted = set(chain(client, _NORTH, "NG-7001", "ann").values())
        same_number = set(chain(client, _LAKE, "NG-7001", "bob").values())
        older = set(chain(client, _NORTH, "NG-6000", "ann").values())
        got = work.call(url, "NG-7001")
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    found = refs(got)
    if found == wanted:
        return passed("Five resources of one order, and none of the others.", rule=RULE)
    mistake = ""
    if isinstance(found, set):
        if found & same_number:
            mistake = "number-alone"
        elif found & older:
            mistake = "everything-of-the-patient"
        elif wanted - found == {n for n in wanted if n.startswith("DocumentReference")}:
            mistake = "no-documents"
        elif wanted - found == {n for n in wanted if n.startswith("Task")}:
            mistake = "no-task"
    return failed(expected=sorted(wanted), got=sorted(found) if isinstance(found, set) else got,
                  rule=RULE, mistake=mistake)  # fmt: skip
