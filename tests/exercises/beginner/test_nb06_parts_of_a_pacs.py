"""Notebook 06: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("fill-in-the-sheet", """
        sheet = {"calling AE title": "CT1", "called AE title": lab.archive.ae_title}
    """),
    ("fill-in-the-sheet", """
        sheet = {"called AE title": " ARCHIVE", "calling AE title": "CT1  "}
    """),
    ("fill-in-the-sheet", """
        sheet = {
            "calling AE title": "CT1",
            "called AE title": lab.archive,
            "port": lab.archive.port,
        }
    """),
    ("who-is-down", """
        for node in lab.nodes:
            try:
                echo(lab.nodes[node], ae_title="MONITOR")
            except Exception:
                down = node
    """),
    ("who-is-down", """
        from labkit.dimse import run_tool
        down = {
            node
            for node in lab.nodes.values()
            if run_tool("echo", node, tool="pynetdicom").exit_code
        }
    """),
    ("who-is-down", """
        from pynetdicom import AE
        from pynetdicom.sop_class import Verification
        ae, down = AE(), []
        ae.add_requested_context(Verification)
        for name, node in lab.nodes.items():
            assoc = ae.associate(node.host, node.port, ae_title=node.ae_title)
            if assoc.is_established:
                assoc.send_c_echo()
                assoc.release()
            else:
                down.append(name.lower())
    """),
    ("bring-it-back", """
        mark = lab.mark()
        lab.start_node("ROUTER")
        from labkit.dimse import run_tool
        run_tool("echo", lab.router)
    """),
    ("bring-it-back", """
        mark = lab.mark()
        lab.start_node("ROUTER")
        lab.start_node("ROUTER")
        echo(lab.router, ae_title="SERVICE")
    """),
    ("bring-it-back", """
        mark = lab.mark()
        lab.start_node("ROUTER")
        [echo(node) for node in lab.nodes.values()]
    """),
    ("through-the-router", """
        mark = lab.mark()
        from pynetdicom import AE
        ae = AE(ae_title="CR1")
        ae.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
        assoc = ae.associate(lab.router.host, lab.router.port, ae_title="ROUTER")
        result = assoc.send_c_store(ds)
        assoc.release()
    """),
    ("through-the-router", """
        import os, tempfile
        from labkit.dimse import run_tool
        mark = lab.mark()
        path = os.path.join(tempfile.mkdtemp(), "knee.dcm")
        ds.save_as(path)
        result = run_tool("store", lab.router, files=[path], ae_title="CR1", tool="pynetdicom")
    """),
    ("through-the-router", """
        mark = lab.mark()
        result = store(lab.router, [ds], ae_title="CR1").items[0].status
    """),
]  # fmt: skip

WRONG = [
    ("fill-in-the-sheet", """
        sheet = {"calling AE title": "LEARNER", "called AE title": "ARCHIVE"}
    """, ""),
    ("fill-in-the-sheet", """
        sheet = {"calling AE title": "CT1", "called AE title": "ORTHANC"}
    """, ""),
    ("fill-in-the-sheet", "sheet = {'calling AE title': '', 'called AE title': ''}", ""),
    ("fill-in-the-sheet", "sheet = {'calling': 'CT1', 'called': 'ARCHIVE'}", ""),
    ("fill-in-the-sheet", """
        sheet = {"calling AE title": "CT1-EMERGENCY-ROOM", "called AE title": "ARCHIVE"}
    """, ""),
    ("who-is-down", "down = ['ROUTER']", ""),
    ("who-is-down", "down = ['WORKSTN']", ""),
    ("who-is-down", "down = 'ROUTER, LEGACY'", ""),
    ("who-is-down", "down = list(lab.nodes)", "stopped-at-the-first"),
    ("bring-it-back", """
        lab.start_node("ROUTER")
        echo(lab.router)
        mark = lab.mark()
    """, "not-proven"),
    ("bring-it-back", """
        mark = lab.mark()
        lab.start_node("ROUTER")
        echo(lab.archive)
    """, "not-proven"),
    ("bring-it-back", """
        mark = lab.mark()
        lab.start_node("ROUTER")
        lab.health()
    """, "not-proven"),
    ("through-the-router", "mark = lab.mark(); result = 'Success'", ""),
    ("through-the-router", """
        mark = lab.mark()
        result = store(lab.router, ds, ae_title="ROUTER")
    """, ""),
    ("through-the-router", """
        mark = lab.mark()
        result = store(lab.router, ds, ae_title="cr1")
    """, ""),
    ("through-the-router", """
        mark = lab.mark()
        result = store(lab.workstn, ds, ae_title="CR1")
    """, ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
