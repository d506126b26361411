"""Get all matches, not only the first page.

A nightly export writes one line for each match. A page more or less must make no difference.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb07_a_fhir_server_at_work._scratch import Scratch, scratch

_REFERENCE = """
    def everything(url):
        found = []
        while url:
            bundle = requests.get(url).json()
            for entry in bundle.get("entry", []):
                if entry["search"]["mode"] == "match":
                    found.append(entry["resource"])
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            url = links.get("next")
        return found
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
    """,
    blank="""
        def everything(url):
            ...  # the resources that match, of all pages; url is a search
    """,
    answer="everything",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The server decides how long a page is, whatever _count asks for, and how the next one is
        named (FHIR R4 http, paging). So the next link is taken as it is and no address is ever put
        together. Where it is missing, that was the last page. A Bundle without matches has no
        entry at all, since FHIR has no empty arrays, and what came along by _include is in entry,
        too.
    """,
    hints=(
        "Print bundle['link'] of a search with _count=5. When is there no next?",
        "Loop: GET, take the matches, go on with the URL of the link whose relation is next. "
        "entry may be missing.",
        "links = {link['relation']: link['url'] for link in bundle['link']}; url = "
        "links.get('next'); keep an entry if entry['search']['mode'] is 'match'.",
    ),
    wrong=(
        Wrong(
            "first-page",
            """
            def everything(url):
                return [entry["resource"] for entry in requests.get(url).json().get("entry", [])
                        if entry["search"]["mode"] == "match"]
            """,
            """You took the first page. It looks complete as long as there is little to find, and
            one day it is not.""",
        ),
        Wrong(
            "included-too",
            _REFERENCE.replace('entry["search"]["mode"] == "match"', "entry"),
            """You took every entry. What _include brings along is not a match: the export has a
            patient among the studies.""",
        ),
        Wrong(
            "no-entry",
            _REFERENCE.replace('bundle.get("entry", [])', 'bundle["entry"]'),
            """A search that finds nothing has no entry in its Bundle, and bundle["entry"] is a
            KeyError. It comes up in the first quiet night.""",
        ),
    ),
)

RULE = cite("FHIR R4", "http")


def check(work: Work) -> Verdict:
    """Ask for searches of several pages, of one, and of none."""
    with scratch(work) as mine:
        for _ in range(3):
            mine.create({
                "resourceType": "ImagingStudy",
                "status": "available",
                "subject": {"reference": "Patient/brackenfold"},
            })  # fmt: skip
        return _judge(work, mine)


def _judge(work: Work, mine: Scratch) -> Verdict:
    base = work.lab.fhir.url
    patients = [r["id"] for r in mine.client.search("Patient", _sort="_id")]
    studies = [r["id"] for r in mine.client.search("ImagingStudy", _sort="_id")]
    cases = [
        (f"{base}/Patient?birthdate=lt1800", [], "a search that finds nothing", "no-entry"),
        (f"{base}/Patient?_sort=_id&_count=5", patients, "pages of five", "first-page"),
        (f"{base}/Patient?_sort=_id&_count={len(patients)}", patients, "one full page", ""),
        (f"{base}/ImagingStudy?_sort=_id&_count=2&_include=ImagingStudy:patient", studies,
         "a search with _include", "included-too"),
    ]  # fmt: skip
    for url, expected, what, mistake in cases:
        right = f"{len(expected)} resources for {what}, each once and in order"
        try:
            found = work.answer(url)
        except KeyError as error:
            return failed(expected=right, got=f"KeyError {error}", rule=RULE,
                          mistake="" if expected else mistake)  # fmt: skip
        except Exception:
            found = work.call(url)  # the engine shows what it raises
        if found in (None, ...):
            return blank()
        if isinstance(found, dict):
            return failed(
                expected=right,
                got=f"one {found.get('resourceType', 'dict')}",
                rule=RULE,
                why="A page is a Bundle; return the resources in its entries, as a list.",
            )
        ids = [r.get("id") if isinstance(r, dict) else r for r in _listed(found)]
        if ids != expected:
            first = mistake == "first-page" and ids == expected[: len(ids)]
            more = mistake == "included-too" and len(ids) > len(expected)
            return failed(expected=right, got=f"{len(ids)}", rule=RULE,
                          mistake=mistake if first or more else "")  # fmt: skip
    return passed("All matches, over several pages, over one and over none.", rule=RULE)


def _listed(value: object) -> list[object]:
    try:
        return list(value)  # type: ignore[call-overload,no-any-return]
    except TypeError:
        return []
