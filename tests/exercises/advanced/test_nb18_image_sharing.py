"""Notebook 18: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("share-count-once", """
        def changes(notices, history):
            return {f"{kind}/{id_}/_history/{version}" for kind, id_ in notices
                    for version in history(kind, id_)}
    """),
    ("share-thread", """
        def thread(base, number):
            query = [("identifier", f"{ORDERS}|{number}")] + [("_revinclude", each) for each in (
                "Task:focus", "ImagingStudy:basedon", "DiagnosticReport:based-on")]
            bundle = requests.get(f"{base}/ServiceRequest", params=query).json()
            found = {f"{r['resourceType']}/{r['id']}"
                     for r in (entry["resource"] for entry in bundle["entry"])}
            for study in [name for name in found if name.startswith("ImagingStudy")]:
                more = requests.get(f"{base}/DocumentReference?related={study}").json()
                found |= {f"DocumentReference/{e['resource']['id']}" for e in more["entry"]}
            return found
    """),
    ("share-merge", """
        def documents(base, patient):
            hers = {patient}
            while True:
                more = set(hers)
                for one in hers:
                    links = requests.get(f"{base}/{one}").json().get("link", [])
                    more |= {link["other"]["reference"] for link in links
                             if link["type"].startswith("replace")}
                if more == hers:
                    break
                hers = more
            query = {"subject": ",".join(sorted(hers)), "status": "current", "_count": 100}
            bundle = requests.get(f"{base}/DocumentReference", params=query).json()
            rows = [entry["resource"] for entry in bundle["entry"]]
            gone = {r["target"]["reference"] for row in rows for r in row.get("relatesTo", [])
                    if r["code"] == "replaces"}
            return [n for n in (f"DocumentReference/{row['id']}" for row in rows) if n not in gone]
    """),
    ("share-count-once", """
        def changes(notices, history):
            seen = []
            for type_, id_ in notices:
                for version in reversed(history(type_, id_)):
                    if (type_, id_, version) not in seen:
                        seen.append((type_, id_, version))
            return seen
    """),
    ("share-poll", """
        def poll(base, since):
            found, newest = [], since
            query = {"_count": 50, **({"_since": since} if since else {})}
            bundle = requests.get(f"{base}/ImagingStudy/_history", params=query).json()
            while True:
                for entry in bundle.get("entry", []):
                    found.append(version_of(entry)[:2])
                    newest = max(newest, entry["response"]["lastModified"])
                after = [each["url"] for each in bundle["link"] if each["relation"] == "next"]
                if not after:
                    return found, newest
                bundle = requests.get(after[0]).json()
    """),
    ("share-silence", """
        def missing(before, now):
            everywhere = set().union(*(held for held in now.values() if held is not None))
            out = {}
            for site in before:
                if now[site] is not None:
                    for study in before[site]:
                        if study not in now[site]:
                            out[study] = "moved" if study in everywhere else (
                                "not known" if None in now.values() else "deleted")
            return out
    """),
    ("share-thread", """
        def thread(base, number):
            def get(path):
                bundle = requests.get(f"{base}/{path}").json()
                return [each["resource"] for each in bundle.get("entry", [])]
            name = lambda r: r["resourceType"] + "/" + r["id"]
            (order,) = get(f"ServiceRequest?identifier={ORDERS}|{number}")
            out = [name(order)]
            for kind in ("Task?focus=", "ImagingStudy?basedon=", "DiagnosticReport?based-on="):
                out += map(name, get(kind + name(order)))
            out += map(name, get("DocumentReference?related=" + ",".join(
                n for n in out if n.startswith("ImagingStudy"))))
            return out
    """),
    ("share-who-was-not-told", """
        def not_told(places, hers):
            known = [tuple(each.split("^^^")) for each in hers]
            return {p.source for p in places if tuple(p.patient.split("^^^")) not in known}
    """),
]  # fmt: skip

WRONG = [
    (
        "share-count-once",
        """
        def changes(notices, history):
            return {f"change {number}" for number in range(6)}
    """,
    ),
    (
        "share-count-once",
        """
        def changes(notices, history):
            return {(kind, number) for number, (kind, id_) in enumerate(notices[:6])}
    """,
    ),
    (
        "share-poll",
        """
        def poll(base, since):
            return (set(), "") if not since else None
    """,
    ),
    ("share-count-once", "changes = lambda notices, history: 7"),
    ("share-poll", "poll = lambda base, since: set()"),
    ("share-poll", "poll = lambda base, since: (set(), since)"),
    ("share-silence", "missing = lambda before, now: {}"),
    ("share-thread", "thread = lambda base, number: set()"),
    ("share-merge", "documents = lambda base, patient: 'DocumentReference/a'"),
    ("share-who-was-not-told", "not_told = lambda places, hers: []"),
]


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_that_has_no_name(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
