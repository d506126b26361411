"""The record of symptoms is made by running the tools; one fault of it, once more."""

from __future__ import annotations

import json

import pytest

from labkit.dimse import find_dcmtk
from labkit.lab.faults.record import RECORD, record


@pytest.mark.peers
@pytest.mark.skipif(find_dcmtk("storescu") is None, reason="DCMTK is not installed")
def test_a_recorded_symptom_is_what_the_tools_say_today() -> None:
    found = record(["wrong-called-title"])["wrong-called-title"]
    kept = json.loads(RECORD.read_text(encoding="utf-8"))["wrong-called-title"]
    assert found["work"] == kept["work"] and found["logs"] == kept["logs"]
    told = [line for said in found["tools"].values() for line in said]
    assert "F: Reason: Called AE Title Not Recognized" in told
    assert any("Called AE title not recognised" in line for line in told)
