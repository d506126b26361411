"""Notebook 09: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

ROW = """
    with_note = MappingTable.load().added(Row(
        id="mine", r4="{r4}", r5="{r5}", source='{source}', level="{level}", transform="string",
    ))
"""
NOTE = "ImagingStudy.note[].text"

RIGHT = [
    ("mend-the-row", """
        mended = inherited.replaced("series.description", source="(0008,103E)")
    """),
    ("mend-the-row", """
        mended = MappingTable.load()
    """),
    ("mend-the-row", """
        bench.reset("series.description")
        old = inherited["series.description"]
        bench.remove("series.description")
        from labkit.fhir.mapping import Row
        bench.add(Row("mine", old.r4, old.r5, "SeriesDescription", "series", "string"))
        mended = bench.table
    """),
    ("the-private-note", ROW.format(
        r4=NOTE, r5=NOTE, source='( 0009, "LAKESIDE RIS", 04 )', level="study")),
    ("the-private-note", ROW.format(
        r4="ImagingStudy.note[lakeside].text", r5="ImagingStudy.note[lakeside].text",
        source='(0009,"LAKESIDE RIS",04)', level="study")),
    ("the-local-codes", """
        north = Site(
            scheme={"99LABKIT": "https://north-general.example/procedures"},
            code={"99LABKIT": {"CTHEAD": {"system": "http://loinc.org", "code": "30799-1"}}},
        )
    """),
    ("why-it-is-empty", """
        def reasons(studies, path):
            out = {}
            for s in studies:
                if any(plain(e.path) == path for e in s.trail.entries):
                    continue
                for o in s.trail.omissions:
                    if plain(o.path) == path:
                        out[o.reason] = out.get(o.reason, 0) + 1
                        break
            return out
    """),
    ("for-both-versions", """
        row = Row("study.requested", "ImagingStudy.procedureCode[]",
                  "ImagingStudy.procedure[x].concept", "(0032,1064)", "study", "concepts",
                  "no ProcedureCodeSequence")
        both = MappingTable.load().added(row)
    """),
    ("what-the-update-changes", """
        from collections import Counter

        def changes(headers, before, after):
            total = Counter()
            old = {s.uid: s.resources for s in mapped(headers, before)}
            for s in mapped(headers, after):
                one = Differences()
                one.add(old[s.uid], s.resources)
                for c in one.changes:
                    total[c.path] += c.count
            return total
    """),
]  # fmt: skip

WRONG = [
    ("mend-the-row", 'mended = inherited.removed("study.description")\n', ""),
    ("mend-the-row",
     'mended = inherited.replaced("series.description", source="\'HEAD 3.6 H30s\'")\n', ""),
    ("mend-the-row",
     'mended = inherited.replaced("series.description", condition="no StudyDescription")\n', None),
    ("mend-the-row", 'mended = "SeriesDescription"\n', ""),
    ("the-private-note",
     ROW.format(r4=NOTE, r5=NOTE, source='(0009,"LAKESIDE RIS",05)', level="study"), ""),
    ("the-private-note",
     ROW.format(r4="ImagingStudy.note[]", r5="ImagingStudy.note[]",
                source='(0009,"LAKESIDE RIS",04)', level="study"), None),
    ("the-private-note",
     ROW.format(r4="ImagingStudy.description", r5="ImagingStudy.description",
                source='(0009,"LAKESIDE RIS",04)', level="study"), ""),
    ("the-local-codes", 'north = Site(scheme={"99OTHER": "urn:oid:1.2"})\n', ""),
    ("the-local-codes", 'north = "http://loinc.org"\n', ""),
    ("why-it-is-empty", "def reasons(studies, path):\n    return Counter(absent=1)\n", None),
    ("why-it-is-empty", "def reasons(studies, path):\n    return 1 / 0\n", ""),
    ("why-it-is-empty", "def reasons(studies, path):\n    return 'absent'\n", ""),
    ("for-both-versions",
     'both = ours.replaced("study.requested", r5="ImagingStudy.procedure[].concept", '
     'condition="")\n', None),
    ("for-both-versions",
     'both = ours.replaced("study.requested", r5="ImagingStudy.procedure[].reference")\n', None),
    ("for-both-versions",
     'both = ours.replaced("study.requested", r5="ImagingStudy.description")\n', ""),
    ("what-the-update-changes", "def changes(headers, before, after):\n    return {}\n", None),
    ("what-the-update-changes", "def changes(headers, before, after):\n    return 7\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_other_right_answers(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_other_wrong_answers(running_lab: Lab, slug: str, source: str, mistake: str | None) -> None:
    verdict = attempt(running_lab, slug, source)
    assert verdict.outcome == "failed", verdict
    if mistake is not None:
        assert verdict.mistake == mistake, verdict
