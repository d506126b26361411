"""Her documents, after the merge.

Two records were merged, and before that two others. A clinic asks for the current documents of the
one that is left.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN, refs, server

_RIGHT = """
    def documents(base, patient):
        records, waiting = set(), [patient]
        while waiting:
            record = waiting.pop()
            if record in records:
                continue
            records.add(record)
            for link in requests.get(f"{base}/{record}").json().get("link", []):
                if link["type"] in ("replaced-by", "replaces"):
                    waiting.append(link["other"]["reference"])
        found, replaced = set(), set()
        for record in records:
            bundle = requests.get(f"{base}/DocumentReference", params={"subject": record}).json()
            for entry in bundle.get("entry", []):
                document = entry["resource"]
                if document["status"] == "current":
                    found.add(f"DocumentReference/{document['id']}")
                    replaced |= {each["target"]["reference"]
                                 for each in document.get("relatesTo", [])
                                 if each["code"] == "replaces"}
        return found - replaced
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def documents(base, patient):
            ...  # a set of references "DocumentReference/1": what is valid now, of all her records

        # patient: "Patient/x", the record that is left
    """,
    answer="documents",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A merge of Patients moves nothing: the record that is gone stays, inactive, and links to
        the one that replaces it (FHIR R4 patient, Patient.link). Documents go on naming the record
        that they were filed under, so the links are followed, as far as they go. seealso is another
        matter: it may be the same person at another site, and says nothing of a merge. Valid is
        what is current and replaced by nothing that is itself valid.
    """,
    hints=(
        "Which Patients are her? Read the links of the one, then of those.",
        "Follow replaced-by and replaces, and not seealso; end where you have been before.",
        "status current, less what a current document relatesTo with code replaces.",
    ),
    wrong=(
        Wrong(
            "only-the-one-that-is-left",
            _RIGHT.replace("""                if link["type"] in ("replaced-by", "replaces"):
                    waiting.append(link["other"]["reference"])
""", """                pass
"""),
            """You asked for the record that is left alone. Everything from before the merge is
            filed under the others: her history begins yesterday.""",
        ),
        Wrong(
            "one-step",
            _RIGHT.replace("waiting.append(", "records.add("),
            """You followed one link. Her second record had itself been merged from a third; its
            documents are missing.""",
        ),
        Wrong(
            "seealso-too",
            _RIGHT.replace('if link["type"] in ("replaced-by", "replaces"):', "if True:"),
            """You followed seealso. That link says that two records may be of one person, not that
            they were merged: here you hand out what another hospital keeps.""",
        ),
        Wrong(
            "superseded-too",
            _RIGHT.replace('if document["status"] == "current":', "if True:"),
            """You handed out documents that are superseded or entered in error. Whoever opens one
            looks for images that were rejected.""",
        ),
        Wrong(
            "replaced-too",
            _RIGHT.replace("return found - replaced", "return found"),
            """You took status for all there is. One document is still current, and another one
            that relatesTo it with the code replaces has come: both are shown.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "patient"), cite("FHIR R4", "documentreference"))


def _person(id_: str, **links: str) -> dict[str, Any]:
    link = [{"other": {"reference": f"Patient/{to}"}, "type": kind.replace("_", "-")}
            for kind, to in links.items()]  # fmt: skip
    return {"resourceType": "Patient", "id": id_, **({"link": link} if link else {})}


def _document(id_: str, of: str, status: str = "current", replaces: str = "") -> dict[str, Any]:
    relates = [{"code": "replaces", "target": {"reference": f"DocumentReference/{replaces}"}}]
    return {
        "resourceType": "DocumentReference", "id": id_, "status": status,
        "subject": {"reference": f"Patient/{of}"},
        "content": [{"attachment": {"contentType": "application/dicom"}}],
        **({"relatesTo": relates} if replaces else {}),
    }  # fmt: skip


def check(work: Work) -> Verdict:
    """Ask about a chain of three records, and one that is only like them."""
    with server() as (client, url, _):
        for resource in (
            _person("first", replaced_by="second"),
            _person("second", replaces="first", replaced_by="third"),
            _person("third", replaces="second", seealso="abroad"), _person("abroad"),
            _document("a", "first"), _document("b", "second"), _document("c", "third"),
            _document("d", "abroad"), _document("old", "second", "superseded"),
            _document("wrong", "first", "entered-in-error", replaces="c"),
            _document("v1", "first"), _document("v2", "third", replaces="v1"),
        ):  # fmt: skip
            client.update(resource)
        got = work.call(url, "Patient/third")
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    wanted = {f"DocumentReference/{id_}" for id_ in ("a", "b", "c", "v2")}
    found = refs(got)
    if found == wanted:
        return passed("Four documents of three records.", rule=RULE)
    mistake = ""
    if isinstance(found, set):
        has = {str(name).rpartition("/")[2] for name in found}
        if "d" in has:
            mistake = "seealso-too"
        elif has & {"old", "wrong"}:
            mistake = "superseded-too"
        elif "b" not in has:
            mistake = "only-the-one-that-is-left"
        elif "a" not in has:
            mistake = "one-step"
        elif "v1" in has:
            mistake = "replaced-too"
    return failed(expected=sorted(wanted), got=sorted(found) if isinstance(found, set) else got,
                  rule=RULE, mistake=mistake)  # fmt: skip
