"""The design of the project, step by step: what each exercise begins with, and what it comes to."""

from __future__ import annotations

from labkit.common.errors import LabkitError
from labkit.exchange.project import Marks, mark

IMPORTS = """
    from dataclasses import replace
    from labkit.exchange.network import check_design, read_design
    from labkit.exchange.project import document, draft, mark, read_brief
    from labkit.exchange.project import Mark, Marks
"""
WHO = """
    whose = text.replace('name = "lakeside"\\ncommunity = "North General"',
                         'name = "lakeside"\\ncommunity = "Lakeside Clinic"')
    whose = whose.replace('name = "hillside"\\ncommunity = "North General"',
                          'name = "hillside"\\ncommunity = "Hillside Practice"')
    whose = whose.replace('"gateway", "audit"]', '"gateway", "pix", "audit"]')
    whose += '''
    [[community]]
    name = "Lakeside Clinic"
    issuer = "LAKESIDE"
    home = "urn:oid:2.25.2026102.1"
    authority = "2.25.2026102.2"

    [[community]]
    name = "Hillside Practice"
    issuer = "HILLSIDE"
    home = "urn:oid:2.25.2026105.1"
    authority = "2.25.2026105.2"

    [identity]
    manager = "north"
    '''
"""
LINES = """
    lines = whose + '''
    [[link]]
    from = "harbour"
    to = "lakeside"
    mbit = 50
    ms = 15

    [[link]]
    from = "hillside"
    to = "lakeside"
    mbit = 20
    ms = 20
    '''
"""
SAFE = """
    safe = lines.replace("tls = false", "tls = true") + '''
    [security]
    tls = "1.2"
    xua = true
    consent = "opt-out"
    audit = "north"
    allow = ["NORTH", "HARBOUR", "LAKESIDE", "HILLSIDE"]
    time = "time.north.example"
    '''
"""
KEPT = """
    kept = safe.replace('years = 7\\nlaw = "to be looked up"', '''years = 10
    children_until = 28
    law_years = 10
    law_children_until = 28
    law = "of the place where the notebook plays"
    copies_days = 90''')
"""
GIVEN = IMPORTS + '\n    text = draft("region")\n'


def marked(text: str, *parts: str) -> Marks | str:
    """Mark a design; what is wrong with it where it cannot be read."""
    try:
        return mark(text + "\n", parts=("design", *parts))
    except LabkitError as error:
        return error.message
