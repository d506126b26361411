"""Whole messages, from whichever thread, in whatever pieces."""

from __future__ import annotations

import queue
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_ECHO, C_FIND, C_GET
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import Verification

from labkit.dimse import Peer, associate, decode_messages, identifier, new_ae, store
from labkit.dimse.association import query_context
from labkit.dimse.codec import encode_message
from labkit.dimse.link import _only_pending

ECHO = [query_context(Verification)]


def test_two_threads_never_mix_their_messages(scp) -> None:
    """Both ends of PS3.8 E.1: fragments of a message follow each other."""
    asked = identifier("STUDY", StudyInstanceUID=None)
    scp.ae.maximum_pdu_size = 64  # so that each message takes several PDUs
    with associate(scp.peer, [query_context("1.2.840.10008.5.1.4.1.2.2.1")]) as link:
        cx = link.assoc.accepted_contexts[0].context_id

        def send(number: int) -> None:
            request = C_FIND()
            request.MessageID, request.Priority = number, 0
            request.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.2.2.1"
            request.Identifier = BytesIO(encode(asked, False, True))
            link.assoc.dimse.send_msg(request, cx)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(1, 33)))
        time.sleep(0.2)
        link.assoc.abort()
    sent = [m for m in decode_messages(link.trace) if m.sender == "requestor"]
    assert sorted(m.message_id for m in sent) == list(range(1, 33))
    assert all(m.data_set == asked for m in sent)


def test_a_command_with_an_unknown_element_takes_pynetdicoms_way(scp) -> None:
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 5, Verification
    command, _ = encode_message(request)
    body = command[12:] + bytes.fromhex("00001111 02000000 0000")
    command = command[:8] + len(body).to_bytes(4, "little") + body
    with associate(scp.peer, ECHO) as link:
        cx = link.assoc.accepted_contexts[0].context_id
        link.assoc._reactor_checkpoint.clear()
        half = [(1, command[:40]), (3, command[40:])]
        pdus = [
            (struct.pack(">BxLLBB", 4, len(part) + 6, len(part) + 2, cx, header), part)
            for header, part in half
        ]
        assert link.assoc.dul.send_now(pdus)
        _, response = link.assoc.dimse.get_msg(block=True)
        link.assoc._reactor_checkpoint.set()
    assert (response.MessageIDBeingRespondedTo, response.Status) == (5, 0)


def test_no_limit_and_a_small_limit_of_the_peer(ct) -> None:
    for limit in (0, 4096):
        ae = new_ae("ARCHIVE", max_pdu=limit)
        ae.add_supported_context(ct.SOPClassUID)
        got: list[bytes] = []
        keep = (evt.EVT_C_STORE, lambda e, got=got: got.append(e.encoded_dataset(False)) or 0)
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[keep])
        result = store(Peer("ARCHIVE", "127.0.0.1", server.server_address[1]), ct)
        ae.shutdown()
        assert result.stored
        data = [p for p in result.trace.pdus if p.data[0] == 4 and p.sender == "requestor"]
        assert (len(data) == 2) is (limit == 0)
        assert all(p.length - 6 <= (limit or 1 << 20) for p in data)
        assert got


def test_sending_on_an_association_that_is_over_is_void(scp) -> None:
    with associate(scp.peer, ECHO) as link:
        pass
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 1, Verification
    link.assoc.dimse.send_msg(request, 1)
    with pytest.raises(queue.Empty):
        link.assoc.dimse.msg_queue.get_nowait()


def test_watchers_see_every_step(scp, ct) -> None:
    """With them bound, messages take pynetdicom's own way, and come to the same."""
    seen: list[str] = []

    def watch(event: Any) -> None:
        seen.append(event.event.name)

    events = (
        evt.EVT_DIMSE_SENT, evt.EVT_DIMSE_RECV, evt.EVT_PDU_SENT, evt.EVT_PDU_RECV,
        evt.EVT_FSM_TRANSITION, evt.EVT_ESTABLISHED, evt.EVT_RELEASED, evt.EVT_CONN_CLOSE,
    )  # fmt: skip
    with associate(scp.peer, ECHO, handlers=[(event, watch) for event in events]) as link:
        assert link.assoc.send_c_echo().Status == 0
    assert set(seen) == {event.name for event in events}
    assert seen.count("EVT_PDU_SENT") == 3  # RQ, the C-ECHO, the release
    assert seen.count("EVT_CONN_CLOSE") == 1
    only_fsm = [(evt.EVT_FSM_TRANSITION, watch)]
    with associate(scp.peer, ECHO, handlers=only_fsm) as link:
        assert link.assoc.send_c_echo().Status == 0


def test_each_match_has_its_own_response_though_their_commands_are_the_same(scp) -> None:
    with associate(scp.peer, ECHO) as link:
        link.assoc._reactor_checkpoint.clear()
        provider, got = link.assoc.dimse, []
        for number, (status, context_id) in enumerate(
            [(0xFF00, 1), (0xFF00, 1), (0xFF01, 1), (0xFF00, 3), (0xFF00, 1)]
        ):
            match = C_FIND()
            match.MessageIDBeingRespondedTo, match.Status = 5, status
            match.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.2.2.1"
            match.Identifier = BytesIO(b"match %d" % number)
            command, data = encode_message(match)
            provider.receive_value(context_id, memoryview(b"\3" + command))
            provider.receive_value(context_id, memoryview(b"\0" + bytes(data[:3])))
            provider.receive_value(context_id, memoryview(b"\2" + bytes(data[3:])))
            where, message = provider.get_msg(block=True)
            said = where, message._context_id, message.Status, message.Identifier.getvalue()
            got.append(said)
            message.Status, message.AffectedSOPClassUID = 0x0000, "1.2.3"  # what a caller may do
        link.assoc._reactor_checkpoint.set()
    assert got == [
        (1, 1, 0xFF00, b"match 0"), (1, 1, 0xFF00, b"match 1"), (1, 1, 0xFF01, b"match 2"),
        (3, 3, 0xFF00, b"match 3"), (1, 1, 0xFF00, b"match 4"),
    ]  # fmt: skip


def test_many_messages_in_one_packet_are_all_answered(scp) -> None:
    pdus = []
    for number in range(1, 151):
        request = C_ECHO()
        request.MessageID, request.AffectedSOPClassUID = number, Verification
        command, _ = encode_message(request)
        head = struct.pack(">BxLLBB", 4, len(command) + 6, len(command) + 2, 1, 3)
        pdus.append((head, command))
    with associate(scp.peer, ECHO) as link:
        link.assoc._reactor_checkpoint.clear()
        assert link.assoc.dul.send_now(pdus)
        answers = [link.assoc.dimse.get_msg(block=True)[1] for _ in pdus]
        link.assoc._reactor_checkpoint.set()
    assert [a.MessageIDBeingRespondedTo for a in answers] == list(range(1, 151))


def test_nothing_is_read_after_a_pdu_that_cannot_be_taken_apart(scp) -> None:
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 1, Verification
    command, _ = encode_message(request)
    good = struct.pack(">BxLLBB", 4, len(command) + 6, len(command) + 2, 1, 3) + command
    bad = struct.pack(">BxLL", 4, 8, 999) + b"\1\3\0\0"
    with associate(scp.peer, ECHO) as link:
        link.assoc._reactor_checkpoint.clear()
        assert link.assoc.dul.send_now([(good,), (bad,), (good,)])
        answers = 0  # to the first, if it was served before the association ended
        while link.assoc.dimse.get_msg(block=True) != (None, None):
            answers += 1
        link.assoc._reactor_checkpoint.set()
    assert link.trace.end == "aborted" and answers <= 1


def test_counts_of_sub_operations_make_a_pending_response_a_status_of_its_own() -> None:
    pending, told, failed = C_GET(), C_GET(), C_GET()
    for response in (pending, told, failed):
        response.MessageIDBeingRespondedTo, response.Status = 1, 0xFF00
    told.NumberOfFailedSuboperations = 0
    failed.NumberOfFailedSuboperations, failed.ErrorComment = 1, "one"
    said = [[_only_pending(r, counts) for r in (pending, told, failed)] for counts in (True, False)]
    assert said == [[True, False, False], [True, True, False]]
    pending.Status = 0xB000
    assert not _only_pending(pending, False)
