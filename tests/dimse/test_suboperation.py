"""Objects of a C-GET are answered as pynetdicom answers them, byte for byte."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from labkit.dimse.codec import encode_message
from labkit.dimse.suboperation import take_object

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
COMMENTED = Dataset()
COMMENTED.Status, COMMENTED.ErrorComment = 0xA700, "no room"
COMMENTED.PatientName = "not of a status"


class _Sent:
    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes, int]] = []

    def send_msg(self, primitive: Any, context_id: int) -> None:
        command, data = encode_message(primitive)
        self.messages.append((command, bytes(data), context_id))


def answered(act: Any, status: Any, sop_class: str = CT, *, as_scp: bool = True) -> Any:
    context = build_context(CT, "1.2.840.10008.1.2.1")
    context.context_id, context._as_scp, context.result = 3, as_scp, 0
    assoc = object.__new__(Association)
    assoc._accepted_cx = {3: context}
    assoc._is_abort = None
    seen: list[tuple[str, Any]] = []

    def handler(event: Any) -> Any:
        seen.append((event.request.AffectedSOPInstanceUID, event.context))
        if isinstance(status, Exception):
            raise status
        return status

    assoc._handlers = {evt.EVT_C_STORE: (handler, None)}
    assoc.dimse = _Sent()
    request = C_STORE()
    request.MessageID, request.Priority = 9, 0
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = sop_class, "1.2.3.45"
    request.DataSet, request._context_id = BytesIO(b"data"), 3
    act(assoc, request)
    return assoc.dimse.messages, seen


@pytest.mark.parametrize(
    "status",
    [0x0000, 0xB000, 0xA700, 0x1234, COMMENTED, Dataset(), "text", None, ValueError("broken")],
    ids=["ok", "warning", "failed", "unknown", "comment", "empty", "text", "none", "raises"],
)
def test_whatever_the_handler_says(status: Any) -> None:
    ours, seen = answered(take_object, status)
    assert (ours, seen) == answered(Association._c_store_scp, status)
    assert len(ours) == len(seen) == 1


@pytest.mark.parametrize(("sop_class", "as_scp"), [(MR, True), (CT, False)])
def test_what_was_not_agreed_is_refused_and_not_handed_on(sop_class: str, as_scp: bool) -> None:
    ours, seen = answered(take_object, 0x0000, sop_class, as_scp=as_scp)
    assert (ours, seen) == answered(Association._c_store_scp, 0x0000, sop_class, as_scp=as_scp)
    assert seen == [] and b"\x22\x01" in ours[0][0]  # 0122, SOP class not supported
