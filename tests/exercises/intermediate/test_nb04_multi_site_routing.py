"""Notebook 04: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

NIGHT = """
rules = '''
match = "all"
[[rule]]
when = {modality = ["MG"], hours = "06:00-20:00"}
send = ["ARCHIVE"]
[[rule]]
when = {modality = "MG", hours = "20:00-06:00"}
send = "WORKSTN"
[[rule]]
when.modality = "[!M]*"
send = "ARCHIVE"
'''
"""
RIGHT = [
    ("lakeside-rules", """
        rules = '''
        match = "first"
        [[rule]]
        when = {description = ["*localiser*", "*localizer*"]}
        drop = "nobody reads them"
        [[rule]]
        when.body_part = "wrist"
        send = ["WORKSTN"]
        [[rule]]
        when.modality = ["MG"]
        send = ["WORKSTN", "ARCHIVE"]
        [[rule]]
        send = "ARCHIVE"
        '''
    """),
    ("night-shift", NIGHT),
    ("thin-line", """
        rules = '''
        match = "all"
        [[rule]]
        send = ["ARCHIVE"]
        [[rule]]
        send = ["ARCHIVE", "WORKSTN"]
        transfer_syntax = "1.2.840.10008.1.2.4.90"
        '''
    """),
    ("nobody-is-lost", """
        def lost(rules, headers, calling):
            return {ds.SOPInstanceUID for ds in headers
                    if "nowhere" in str(explained(rules, ds, calling=calling))}
    """),
    ("nobody-is-lost", """
        def lost(rules, headers, calling):
            said = [(ds, explained(rules, ds, calling=calling)) for ds in headers]
            return tuple(ds for ds, d in said if d.dropped is None and len(d.routes) == 0)
    """),
    ("name-on-the-way", """
        mark = lab.mark()
        ds = new("cr-wrist")
        lab.configure("ROUTER", rules='''
        match = "all"
        [[rule]]
        when.calling = ["CR1", "CR2"]
        send = ["ARCHIVE", "WORKSTN"]
        set = {InstitutionName = "North General at Lakeside"}
        ''')
        store(lab.router, [ds], ae_title="CR1").raise_for_status()
    """),
]  # fmt: skip
WRONG = [
    ("lakeside-rules", "rules = 'send everything to ARCHIVE'\n"),
    ("lakeside-rules", "rules = '[[rule]]\\nsend = \"LEGACY\"\\n'\n"),
    ("lakeside-rules", "rules = ''\n"),
    ("lakeside-rules", """
        rules = '''
        [[rule]]
        when.modality = "MG"
        send = ["ARCHIVE", "WORKSTN"]
        [[rule]]
        when.description = "*LOCALI[SZ]ER*"
        drop = "nobody reads them"
        [[rule]]
        when.body_part = "WRIST"
        send = "WORKSTN"
        [[rule]]
        send = "ARCHIVE"
        '''
    """),
    ("night-shift", NIGHT.replace("[!M]*", "CT")),
    ("night-shift", NIGHT.replace('"20:00-06:00"', '"20-6"')),
    ("thin-line", "rules = '[[rule]]\\nsend = [\"ARCHIVE\", \"WORKSTN\"]\\n'\n"),
    ("nobody-is-lost", "def lost(rules, headers, calling):\n    return []\n"),
    ("nobody-is-lost", "def lost(rules, headers, calling):\n    return 'none'\n"),
    ("nobody-is-lost", "def lost(rules, headers, calling):\n    return headers[9]\n"),
    ("name-on-the-way", """
        mark = lab.mark()
        ds = new("knee-ap")
        lab.configure("ROUTER", rules='''
        [[rule]]
        send = "ARCHIVE"
        set.InstitutionName = "North General"
        ''')
        store(lab.router, ds, ae_title="CR1")
    """),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_another_wrong_answer_fails_with_a_rule(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed"
    assert verdict.rules or "IndexError" in verdict.got
