"""Find when a study changed hands.

A study hung under the wrong patient and was moved. Who saw it before then may have been misled.
"""

from collections.abc import Callable, Iterable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb07_a_fhir_server_at_work._scratch import scratch

_REFERENCE = """
    def moves(url):
        entries = requests.get(f"{url}/_history").json()["entry"]
        found, before = [], None
        for entry in reversed(entries):
            if "resource" not in entry:
                continue
            resource = entry["resource"]
            now = resource["subject"]["reference"]
            if before and now != before:
                found.append((resource["meta"]["versionId"], before, now))
            before = now
        return found
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
    """,
    blank="""
        def moves(url):
            ...  # [(versionId, subject before, subject after), …], the oldest first
    """,
    answer="moves",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A history Bundle has every version, the newest first (FHIR R4 http, history). An entry of a
        deletion has a request and no resource. meta.versionId and meta.lastUpdated say which
        version and when; who did it is in no version. For that a server keeps AuditEvents, or
        takes a Provenance along with the change. A log of your own converter says only what it
        meant to do.
    """,
    hints=(
        "GET url/_history is a Bundle. Print request.method of each entry: which comes first?",
        "Go through the entries from the last to the first and compare subject.reference with that "
        "of the version before. A deletion has no resource.",
        "for entry in reversed(entries): skip it if 'resource' is not in it; else append "
        "(meta.versionId, before, now) if now differs from before.",
    ),
    wrong=(
        Wrong(
            "newest-first",
            _REFERENCE.replace("reversed(entries)", "entries"),
            """You read the history as it comes, the newest first. So before and after are
            swapped, and the patient who is wronged is the one you thank.""",
        ),
        Wrong(
            "every-version",
            _REFERENCE.replace("before and now != before", "before"),
            """You listed every new version. Most change a count or a description; nobody has to
            be called for those.""",
        ),
        Wrong(
            "ends-only",
            """
            def moves(url):
                entries = requests.get(f"{url}/_history").json()["entry"]
                alive = [entry["resource"] for entry in entries if "resource" in entry]
                first, last = alive[-1], alive[0]
                before, now = (r["subject"]["reference"] for r in (first, last))
                return [(last["meta"]["versionId"], before, now)] if before != now else []
            """,
            """You compared the first version with the last. A study that was moved away and back
            was a stranger's in between, and that is what the audit is for.""",
        ),
    ),
)

RULE = cite("FHIR R4", "http")


def check(work: Work) -> Verdict:
    """Make a study with a past, and ask for it."""
    posy, other = "Patient/brackenfold", "Patient/marblethorpe"
    past = [(posy, "hand"), (posy, "hand, 2 views"), (other, "hand, 2 views"), (other, "hand"),
            (posy, "hand")]  # fmt: skip
    with scratch(work) as mine:
        study = {"resourceType": "ImagingStudy", "status": "available"}
        name = ""
        for owner, description in past:
            body = {**study, "subject": {"reference": owner}, "description": description}
            if name:
                mine.client.update({**body, "id": name})
            else:
                name = mine.create(body)["id"]
        url = f"{work.lab.fhir.url}/ImagingStudy/{name}"
        found = work.call(url)
        mine.client.delete(f"ImagingStudy/{name}")
        after = work.call(url)
    if found in (None, ...):
        return blank()
    expected = [("3", posy, other), ("5", other, posy)]
    got = _rows(found)
    if got == expected and _rows(after) == expected:
        return passed("Both moves, though the study is back where it began, and then deleted.",
                      rule=RULE)  # fmt: skip
    mistake = ""
    if len(got) == len(past) - 1:
        mistake = "every-version"
    elif got and [row[0] for row in got] != ["3", "5"] and len(got) == 2:
        mistake = "newest-first"
    elif not got and isinstance(found, list):
        mistake = "ends-only"
    what = got if got != expected else f"{_rows(after)}, once the study was deleted"
    return failed(expected=str(expected), got=str(what), rule=RULE, mistake=mistake)


def _rows(value: object) -> list[tuple[str, ...]]:
    """Return what was found as rows of text; references may be absolute."""
    rows = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
    return [
        tuple("/".join(str(cell).split("/")[-2:]) for cell in row)
        for row in rows
        if isinstance(row, Iterable) and not isinstance(row, str)
    ]
