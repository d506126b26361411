"""A Bundle that nobody takes.

A vendor's letter was refused for three reasons. Repair what they sent, and submit it.
"""

from __future__ import annotations

import base64

from labkit.common import cite
from labkit.exchange.mhd import check_bundle
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import IMPORTS, by_uid

LETTER = b"Dear colleague, thank you for sending me Mrs Thistlewick."
UID = "2.25.2026150011"
THEIRS = f'''
    letter = {LETTER!r}
    theirs = provide_bundle(
        [Document(letter, "text/plain", "{UID}", title="Letter")],
        Submission("2.25.2026150010", "2.25.2026150012", "2026-01-15T09:00:00Z"),
        subject=subject,
    )
    theirs["type"] = "batch"
    submission, reference, binary = theirs["entry"]
    del theirs["entry"][2]
    submission["resource"]["entry"][0]["item"]["reference"] = "DocumentReference/letter"
    attachment = reference["resource"]["content"][0]["attachment"]
    attachment["data"] = binary["resource"]["data"]
    del attachment["url"]
'''
_COPY = """
    mine = copy.deepcopy(theirs)
    submission, reference = mine["entry"]
    attachment = reference["resource"]["content"][0]["attachment"]
"""
_TYPE = """
    mine["type"] = "transaction"
"""
_LINK = """
    submission["resource"]["entry"][0]["item"]["reference"] = reference["fullUrl"]
"""
_BINARY = """
    here = "urn:uuid:6ba7b812-9dad-11d1-80b4-00c04fd430c8"
    document = {"resourceType": "Binary", "contentType": attachment["contentType"],
                "data": attachment.pop("data")}
    attachment["url"] = here
    mine["entry"].append({"fullUrl": here, "resource": document,
                          "request": {"method": "POST", "url": "Binary"}})
"""
_SEND = """
    answer = requests.post(base, json=mine, headers={"Content-Type": "application/fhir+json"},
                           timeout=30)
"""

EXERCISE = Exercise(
    given=IMPORTS + THEIRS,
    blank="""
    mine = copy.deepcopy(theirs)
    # repair mine, look at check_bundle(mine), and POST it to base
    """,
    answer="mine",
    expects=dict,
    reference=_COPY + _TYPE + _LINK + _BINARY + _SEND,
    explanation="""
        The document goes into a Binary of its own, and attachment.url is that entry's fullUrl: data
        inside a DocumentReference would travel with every search (4.2.3 allows 0..0). The
        SubmissionSet names the document by fullUrl too; the server puts the ids in. And only a
        transaction is all or nothing: a batch may leave a reference to a document that is not
        there.
    """,
    hints=(
        "check_bundle(mine) says each rule that is not kept, with its place.",
        'The bytes in attachment["data"] become the data of a Binary, in an entry of its own.',
        "attachment.url, and the item of the List, are the fullUrl of the entry that they mean.",
    ),
    wrong=(
        Wrong(
            "still-a-batch",
            _COPY + _LINK + _BINARY + _SEND,
            """It is still a batch. Each entry stands alone there: no urn:uuid is resolved, and half
            of it may be stored.""",
        ),
        Wrong(
            "document-lost",
            _COPY + _TYPE + _LINK + """
    del attachment["data"]
    attachment["url"] = "https://vendor.example/letter"
""" + _SEND,
            """You took the data out, and what the reference now points at nobody can fetch: the
            letter is lost. It was in attachment.data.""",
        ),
        Wrong(
            "set-without-document",
            _COPY + _TYPE + _BINARY + _SEND,
            """The SubmissionSet still refers to DocumentReference/letter, which no server has. Who
            asks what was submitted finds nothing.""",
        ),
        Wrong(
            "not-sent",
            _COPY + _TYPE + _LINK + _BINARY,
            """The Bundle is right, and it is still here: it was not sent to the server.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("IHE ITI MHD", "ITI-65 2:3.65.4.1.2.1"), cite("FHIR R4", "http"))


def check(work: Work) -> Verdict:
    """Hold the Bundle against ITI-65, and look for the letter on the server."""
    mine = work.answer
    if mine.get("resourceType") != "Bundle":
        return failed(expected="the Bundle, repaired", got=mine.get("resourceType"), rule=RULE)
    problems = check_bundle(mine)
    documents = [e["resource"] for e in mine.get("entry", []) if _kind(e) == "Binary"]
    letters = [d for d in documents if _bytes(d.get("data")) == LETTER]
    references = [e["resource"] for e in mine.get("entry", []) if _kind(e) == "DocumentReference"]
    lost = not any("data" in c.get("attachment", {}) for r in references for c in r["content"])
    if mine.get("type") == "batch" and not letters:
        return blank("It is still what the vendor sent.")
    if mine.get("type") != "transaction":
        return failed(expected="type transaction", got=mine.get("type"), rule=RULE,
                      mistake="still-a-batch")  # fmt: skip
    if not letters:
        return failed(expected="a Binary with the vendor's letter", got=f"{len(documents)} Binary",
                      rule=RULE, mistake="document-lost" if lost else "")  # fmt: skip
    if problems:
        mistake = "set-without-document" if "entry.item" in problems[0].rule else ""
        return failed(expected="no problem", got=str(problems[0]), rule=RULE, mistake=mistake)
    stored = by_uid(work.lab, UID)
    if stored is None:
        return failed(expected="the letter on the server", got="no DocumentReference of it",
                      rule=RULE, mistake="not-sent")  # fmt: skip
    url = stored["content"][0]["attachment"].get("url", "")
    return passed(f"Stored, with its document as a {url.split('/')[-2]} beside it.", rule=RULE)


def _bytes(data: object) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except ValueError:  # it is no base64: the letter as it is, say
        return None


def _kind(entry: dict[str, object]) -> object:
    resource = entry.get("resource")
    return resource.get("resourceType") if isinstance(resource, dict) else None
