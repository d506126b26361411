"""The other lung.

The report names the wrong side. Submit the corrected one, so that nobody reads the old one by
mistake, and who must can still see it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import PUBLISHED, REPORT, by_uid, found

NEW = "2.25.2026150020"
_NEW = f"""
    new = Document(PDF.replace(b"right", b"left"), "application/pdf", "{NEW}",
                   title="Chest CT: report, corrected")
"""
_RIGHT = """
    new = replace(new, relates=(("replaces", f"DocumentReference/{old['id']}"),))
    made = mhd.provide([new], subject=subject)
"""

EXERCISE = Exercise(
    given=PUBLISHED
    + '    old = mhd.find_documents(subject, identifier="urn:oid:2.25.2026150003")[0]\n'
    + _NEW,
    blank="""
    # The report names the wrong lung. old is its DocumentReference, new the corrected Document.
    # Submit new in place of old: nobody may read old by mistake, and who must can still see it.
    made = None  # what mhd.provide gives
    """,
    answer="made",
    reference=_RIGHT,
    explanation="""
        relatesTo says which document is replaced, and the same transaction sets that one's status
        to superseded by a PATCH (ITI-65 2:3.65.4.1.2.3). There is no moment with two current
        reports or none. The old one stays: a treatment may rest on it, and a court asks what was
        known when.
    """,
    hints=(
        "Which of the four codes of relatesTo says that the old one is no longer to be read?",
        "Document has relates: pairs of a code and a reference, DocumentReference/….",
        'replace(new, relates=(("replaces", f"DocumentReference/{old[\'id\']}"),)), then provide.',
    ),
    wrong=(
        Wrong(
            "beside-it",
            """
    made = mhd.provide([new], subject=subject)
""",
            """There are now two current reports, one of the right lung and one of the left. A
            surgeon who takes the first of the list has a chance of one in two.""",
        ),
        Wrong(
            "an-addendum",
            _RIGHT.replace("replaces", "appends"),
            """`appends` is an addendum: it is read together with the report that it adds to, and
            that one stays current.""",
        ),
        Wrong(
            "deleted",
            """
    lab.fhir.client().delete(f"DocumentReference/{old['id']}")
    made = mhd.provide([new], subject=subject)
""",
            """The old report is gone. Whoever acted on it can no longer show what it said, and
            links to it end in 410.""",
        ),
        Wrong(
            "status-by-hand",
            """
    made = mhd.provide([new], subject=subject)
    lab.fhir.client().update({**old, "status": "superseded"})
""",
            """The old one is superseded, by nothing: the new one does not say what it replaces. And
            between your two requests both were current.""",
        ),
    ),
)

RULE = cite("IHE ITI MHD", "ITI-65 2:3.65.4.1.2.3")


def check(work: Work) -> Verdict:
    """Look at both reports on the server."""
    new, old = by_uid(work.lab, NEW), by_uid(work.lab, REPORT)
    if new is None:
        return blank("The corrected report is not on the server.")
    links = {row["code"]: row["target"].get("reference", "") for row in new.get("relatesTo", [])}
    current = found(work.lab, status="current", contenttype="application/pdf")
    titles = sorted(row["content"][0]["attachment"].get("title", "") for row in current)
    if old is None:
        return failed(expected="the old report, superseded", got="it is deleted", rule=RULE,
                      mistake="deleted", why="Run the notebook again.")  # fmt: skip
    if "appends" in links:
        return failed(expected="it replaces the report", got="it appends to it", rule=RULE,
                      mistake="an-addendum")  # fmt: skip
    if old["status"] != "superseded":
        return failed(expected="one current report", got=titles, rule=RULE, mistake="beside-it")
    if not links.get("replaces", "").endswith(f"DocumentReference/{old['id']}"):
        return failed(expected="relatesTo replaces the old report", got=links or "no relatesTo",
                      rule=RULE, mistake="status-by-hand")  # fmt: skip
    if new["status"] != "current":
        return failed(expected="the new report is current", got=new["status"], rule=RULE)
    return passed("The old report is superseded by the new one, and still there.", rule=RULE)
