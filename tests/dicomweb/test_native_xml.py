"""The Native DICOM Model can be read back whatever the values hold."""

from __future__ import annotations

import pytest
from lxml import etree

from labkit.dicomweb.native_xml import to_xml

MODEL = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("202\x0060115", "202\ufffd60115"),  # was a finding of tests/fuzz
        ("\x1b$B\x08", "\ufffd$B\ufffd"),
        ("\ud800 half a pair", "\ufffd half a pair"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
        ("a\tb\nc <&> \U0001f600 Żółw", "a\tb\nc <&> \U0001f600 Żółw"),
    ],
)
def test_what_xml_does_not_allow_is_replaced_and_the_rest_is_kept(text: str, read: str) -> None:
    made = to_xml(
        {
            "00081030": {"vr": "LO", "Value": [text]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": f"{text}^Ada"}]},
        }
    )
    root = etree.fromstring(made)
    assert [each.text for each in root.iter(f"{MODEL}Value", f"{MODEL}FamilyName")] == [read, read]
