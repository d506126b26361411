"""Notebook 07: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises import Verdict
from labkit.lab import Lab
from tests.exercises.beginner import learner


def attempt(lab: Lab, slug: str, source: str) -> Verdict:
    """Do what a learner does; the cell has its mark above."""
    return learner.attempt(lab, slug, source, before="mark = lab.mark()\n")


RIGHT = [
    ("send-the-mammogram", """
        for path in lab.sample("mg-screening").files:
            store(lab.archive, path)
    """),
    ("send-the-mammogram",
     "store(lab.archive, lab.sample('mg-screening').datasets(), ae_title='MG1')"),
    ("send-the-mammogram", "run_tool('store', lab.archive, tool='pynetdicom', "
     "files=lab.sample('mg-screening').files)"),
    ("send-as-ct1", """
        from labkit.dimse import store
        store(lab.archive, lab.sample("ct-head-followup").files[3], ae_title="CT1")
    """),
    ("send-as-ct1", """
        from labkit.dimse import run_tool
        path = lab.sample("ct-head-followup").files[0]
        run_tool("store", lab.archive, tool="pynetdicom", files=[path], ae_title="CT1")
    """),
    ("refusal-codes", """
        results = []
        for node in (lab.legacy, lab.worklist):
            try:
                store(node, mammogram.files[0], ae_title="MG1")
            except NoPresentationContext as error:
                results.append(decode_negotiation(error.trace).contexts[0])
        legacy_result, worklist_result = results
    """),
    ("triage-the-statuses", """
        result = store(tiredbox, lab.sample("ct-head-followup").datasets())
        again = (i for i in result.failed if str(i.status).startswith("0xA7"))
        look = next(i.SOPInstanceUID for i in result.failed if i.status == 0xC123)
    """),
    ("correct-and-resend", """
        ds = dcmread(hand.files[0])
        ds.SeriesDescription = "HAND PA AFTER MANIPULATION"
        ds.SeriesInstanceUID, ds.SOPInstanceUID = generate_uid(), generate_uid()
        store(lab.archive, ds)
    """),
    ("deliver-to-legacy", """
        from pydicom.uid import ImplicitVRLittleEndian
        for ds in lab.sample("mg-screening").datasets():
            pixels = ds.pixel_array
            ds.PixelData = pixels.tobytes()
            ds["PixelData"].VR = "OW"
            ds["PixelData"].is_undefined_length = False
            ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            store(lab.legacy, ds)
    """),
    ("deliver-to-legacy", """
        images = lab.sample("mg-screening").datasets()
        for ds in images:
            own = ds.SOPInstanceUID
            ds.decompress()
            ds.SOPInstanceUID = own
        store(lab.legacy, images)
    """),
]  # fmt: skip

WRONG = [
    ("send-the-mammogram", "store(lab.router, lab.sample('mg-screening').files)", "other-node"),
    ("send-the-mammogram", "store(lab.archive, lab.sample('mg-screening').files[1:])", "one-view"),
    ("send-as-ct1", """
        from labkit.dimse import store
        store(lab.archive, lab.sample("dx-hand").files, ae_title="CT1")
    """, ""),
    ("send-as-ct1", """
        from labkit.dimse import echo
        echo(lab.archive, ae_title="CT1")
    """, "another-class"),
    ("refusal-codes", """
        try:
            store(lab.worklist, mammogram.files)
        except NoPresentationContext:
            worklist_result, legacy_result = 3, 4
    """, ""),
    ("triage-the-statuses", """
        result = store(tiredbox, lab.sample("ct-head-followup").files)
        again, look = [], []
    """, ""),
    ("triage-the-statuses", "again, look = ['1.2.3'], ['1.2.4']", ""),
    ("correct-and-resend", """
        ds = dcmread(hand.files[0])
        ds.SeriesDescription = "HAND PA AFTER MANIPULATION"
        ds.SOPInstanceUID = generate_uid()
        store(lab.workstn, ds)
    """, ""),
    ("deliver-to-legacy", "store(lab.archive, lab.sample('mg-screening').files)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome in ("failed", "blank"), repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
