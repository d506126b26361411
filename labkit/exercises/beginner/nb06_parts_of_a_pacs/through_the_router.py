"""Send an image by way of the router, and show that it arrived.

Lakeside's X-ray room cannot reach North General by itself. It sends to ROUTER, and ROUTER goes on.
"""

import time
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dimse import find as c_find
from labkit.dimse import identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import Exchange, exchanges

_GIVEN = """
    from pydicom.uid import generate_uid
    from labkit.dicom import sample
    from labkit.dimse import find, identifier, store
    ds = sample("knee-lateral").datasets()[0]
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    lab.start_node("ROUTER")
"""

EXERCISE = Exercise(
    given=_GIVEN,
    blank="""
        mark = lab.mark()
        result = ...  # send ds so that it reaches ARCHIVE by way of ROUTER, calling as CR1
    """,
    answer="result",
    reference="""
        mark = lab.mark()
        result = store(lab.router, ds, ae_title="CR1")
    """,
    explanation="""
        The router answers Success as soon as it has the image safely on its own disk, and sends it
        on afterwards: it is an SCP to the X-ray room and an SCU to the archive. So the Success
        that CR1 saw says nothing about the archive. In the archive's log the caller is
        ROUTER, not CR1; whoever searches there for CR1 finds nothing. To prove arrival, ask the
        archive.
    """,
    hints=(
        "store() sends, and its first argument says where to. Images for North General take the "
        "way over the router.",
        "store() has the argument ae_title: who you say you are.",
        'store(lab.router, ds, ae_title="CR1"), and keep what it returns.',
    ),
    wrong=(
        Wrong(
            "straight-to-the-archive",
            """
            mark = lab.mark()
            result = store(lab.archive, ds, ae_title="CR1")
            """,
            """You sent straight to ARCHIVE. From your notebook that works; from Lakeside's network
            there is no way to it. Send to ROUTER.""",
        ),
        Wrong(
            "wrong-caller",
            """
            mark = lab.mark()
            result = store(lab.router, ds)
            """,
            """You called as LEARNER. A router often decides by the caller where an image goes, and
            its log names the caller. The X-ray room is CR1.""",
        ),
        Wrong(
            "to-the-old-archive",
            """
            mark = lab.mark()
            result = store(lab.legacy, ds, ae_title="CR1")
            """,
            """You sent to LEGACY, which keeps what it gets. Nothing leaves it for North
            General.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2")
ASTRAY = {"ARCHIVE": "straight-to-the-archive", "LEGACY": "to-the-old-archive"}
PATIENCE = 20.0
"""Seconds that the router may take to forward."""


def check(work: Work) -> Verdict:
    """Follow the object: who sent it to ROUTER, and has the archive got it from there."""
    expected = "one image, sent to ROUTER by CR1, and now in ARCHIVE"
    to_router = exchanges(work, "ROUTER", "C-STORE")
    if not to_router:
        for node, mistake in ASTRAY.items():
            if exchanges(work, node, "C-STORE"):
                return failed(
                    expected=expected, got=f"it went to {node}", rule=RULE, mistake=mistake
                )
        return failed(expected=expected, got="nothing has reached ROUTER", rule=RULE)
    sent = to_router[-1]
    caller = sent.trace.requestor.ae_title
    if caller != "CR1":
        mistake = "wrong-caller" if caller == "LEARNER" else ""
        got = f"ROUTER was called by {caller}"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if sent.status is None or sent.status.category != "Success":
        return failed(expected=expected, got=f"ROUTER answered {sent.status}", rule=RULE)
    uid = sent.sop_instance_uid
    if not _arrives(work, uid, *_place(work, sent)):
        why = "Is ARCHIVE well? The router keeps the image and tries again."
        got = "it is at ROUTER, and not in ARCHIVE yet"
        return failed(expected=expected, got=got, rule=RULE, why=why)
    return passed("CR1 gave it to ROUTER, and ROUTER gave it to ARCHIVE.", rule=RULE)


def _arrives(work: Work, uid: str, study: str, series: str) -> bool:
    """Wait until the archive has the object; asked as the workstation."""
    keys = identifier("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=uid)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if len(c_find(work.lab.archive, keys, ae_title="WORKSTN")) == 1:
            return True
        time.sleep(0.2)
    return False


def _place(work: Work, sent: Exchange) -> tuple[str, str]:
    """Return the study and series that were sent; of `ds` where the trace kept no data set."""
    data = sent.request.data_set or Dataset()
    ds: Any = data
    if "StudyInstanceUID" not in data or "SeriesInstanceUID" not in data:
        ds = work.lab.sample("knee-lateral").datasets()[0]
    return str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID)
