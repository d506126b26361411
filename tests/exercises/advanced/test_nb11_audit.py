"""Notebook 11: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("audit-who-saw", """
        def who_saw(records, ids):
            searches = {r["seq"]: r for r in records if r.get("search")}
            found = []
            for r in records:
                if not r["allowed"]:
                    continue
                if r["kind"] == "result" and any(i in r["shown"]["patients"] for i in ids):
                    found.append(searches[r["of"]]["grant"]["subject"])
                elif any(i in r.get("what", {}).values() for i in ids):
                    found.append(r["grant"].get("subject"))
            return sorted({name for name in found if name})
    """),
    ("audit-chain", """
        def first_bad(lines):
            from labkit.access.audit.chain import digest
            before = "0" * 64
            for n, line in enumerate(lines):
                r = json.loads(line)
                if digest(r) != r["hash"] or r["prev"] != before:
                    return n + 1
                before = r["hash"]
            return 0
    """),
    ("audit-clock", """
        def clock_ahead(north, lakeside):
            at = lambda r: datetime.fromisoformat(r["at"]).timestamp()
            gaps = sorted(at(b) - at(a) for a in north for b in lakeside
                          if a.get("what", {}).get("destination") == "ROUTER"
                          and a["what"]["StudyInstanceUID"] == b["what"]["StudyInstanceUID"])
            return round(gaps[len(gaps) // 2])
    """),
    ("audit-too-many", """
        def too_many(records, most, minutes):
            out = []
            reads = [r for r in records if r.get("action") == "read" and r["allowed"]]
            for r in reads:
                begin = datetime.fromisoformat(r["at"])
                near = {x["what"].get("StudyInstanceUID") for x in reads
                        if x["grant"].get("subject") == r["grant"].get("subject")
                        and begin <= datetime.fromisoformat(x["at"])
                        < begin + timedelta(minutes=minutes)}
                if len(near) > most:
                    out.append(r["grant"]["subject"])
            return out
    """),
]  # fmt: skip

WRONG = [
    ("audit-who-saw", "who_saw = lambda records, ids: 5"),
    ("audit-broken-glass", "unexplained = lambda records: []"),
    ("audit-chain", "first_bad = lambda lines: 0"),
    ("audit-clock", "clock_ahead = lambda north, lakeside: 'late'"),
    ("audit-clock", "clock_ahead = lambda north, lakeside: True"),
    ("audit-too-many", "too_many = lambda records, most, minutes: {'chen'}"),
    ("audit-accounting", "accounting = lambda records, ids: [1]"),
    ("audit-recall", "copies = lambda records, study: 'ARCHIVE'"),
    ("audit-message", "told = lambda xml: {}"),
    ("audit-message", "told = lambda xml: 1 / 0"),
]


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_other_right_answers(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_other_wrong_answers(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
