"""Messages and negotiation read back out of traces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import UsageError
from labkit.dimse import (
    AssociationTrace,
    TracedPdu,
    decode_messages,
    decode_negotiation,
    decode_pdu,
    echo,
    find,
    get,
    identifier,
    store,
)
from tests.effort import effort


def pdata(*values: tuple[int, int, bytes]) -> bytes:
    body = b"".join(
        (len(fragment) + 2).to_bytes(4, "big") + bytes([context, header]) + fragment
        for context, header, fragment in values
    )
    return b"\4\0" + len(body).to_bytes(4, "big") + body


def traced(*pdus: bytes, sender: str = "requestor", keep: int = 4096) -> AssociationTrace:
    return AssociationTrace(
        pdus=[TracedPdu(i / 10, sender, len(p), p[:keep]) for i, p in enumerate(pdus)]
    )


def test_a_query_from_both_ends(scp, ct) -> None:
    result = find(scp.peer, identifier("STUDY", StudyInstanceUID=None, PatientName=None))
    request, match, final = decode_messages(result.trace)
    assert [m.name for m in (request, match, final)] == ["C-FIND-RQ", "C-FIND-RSP", "C-FIND-RSP"]
    assert (request.sender, match.sender) == ("requestor", "acceptor")
    assert request.data_set == result.asked
    assert match.data_set.PatientName == ct.PatientName
    assert (match.status, final.status) == (0xFF00, 0x0000)
    assert str(request.section) == "PS3.7 9.3.2.1"
    assert request.message_id == match.message_id == 1
    assert not any(m.problems for m in (request, match, final))
    scp.ae.shutdown()
    assert [repr(m) for m in decode_messages(scp.traces[0])] == [
        repr(m) for m in (request, match, final)
    ]


def test_an_object_is_counted_though_it_is_not_kept(scp, ct) -> None:
    request, response = decode_messages(store(scp.peer, ct).trace)
    assert request.name == "C-STORE-RQ"
    assert request.data_length == len(scp.stored[0][1])
    assert request.data_set is None
    assert response.status == 0


def test_negotiation_with_roles(scp, ct) -> None:
    result = get(scp.peer, identifier("STUDY", StudyInstanceUID=ct.StudyInstanceUID))
    agreed = decode_negotiation(result.trace)
    assert (agreed.calling, agreed.called) == ("LEARNER", "ARCHIVE")
    assert agreed.acceptor.maximum_length == 131072
    query, *storage = agreed.contexts
    assert query.accepted
    assert (query.scu_role, query.scp_role) == (True, False)
    assert any(cx.accepted and cx.scp_role for cx in storage)
    refused = [cx for cx in storage if not cx.accepted]
    assert {cx.result_text for cx in refused} == {"transfer syntax(es) not supported"}
    assert storage[0].name == "CT Image Storage"


# A C-ECHO-RQ command set, as PS3.7 9.3.5.1 has it.
ECHO = bytes.fromhex(
    "00000000 04000000 38000000 00000200 12000000 312e322e3834302e31303030382e312e3100"
    "00000001 02000000 3000 00001001 02000000 0700 00000008 02000000 0101"
)


def test_a_command_set_across_fragments_and_pdus() -> None:
    trace = traced(pdata((1, 1, ECHO[:20])), pdata((1, 1, ECHO[20:50]), (1, 3, ECHO[50:])))
    (message,) = decode_messages(trace)
    assert (message.name, message.message_id, message.pdus) == ("C-ECHO-RQ", 7, [0, 1])
    assert message.problems == []
    assert message.sop_class == "1.2.840.10008.1.1"


def test_what_is_missing_is_said() -> None:
    (message,) = decode_messages(traced(pdata((1, 1, ECHO[:20]))))
    assert message.name == "unknown message"
    assert message.problems == ["its last fragment is not in the trace"]
    (message,) = decode_messages(traced(pdata((1, 2, b"abcd"))))
    assert "before any command" in message.problems[0]
    (message,) = decode_messages(traced(pdata((1, 3, ECHO[:30]))))
    assert message.problems


def test_a_command_field_that_is_no_number_names_no_message() -> None:
    (message,) = decode_messages(traced(pdata((1, 3, ECHO))))
    message.command.add_new(0x00000100, "LO", "spoilt")
    assert message.name == "unknown message" and repr(message)


def test_what_is_no_trace(scp) -> None:
    with pytest.raises(UsageError, match="takes a trace, not a EchoResult"):
        decode_messages(echo(scp.peer))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a PDU is bytes"):
        decode_pdu("04")  # type: ignore[arg-type]


def test_a_cut_data_set_is_not_decoded() -> None:
    command = ECHO[:-2] + b"\1\0"  # now a data set follows
    trace = traced(pdata((1, 3, command)), pdata((1, 2, bytes(5000))))
    (message,) = decode_messages(trace)
    assert (message.data_length, message.data_set) == (5000, None)


@settings(max_examples=effort(200, 60_000), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["requestor", "acceptor"]), st.binary(max_size=120))))
def test_never_raises(parts) -> None:
    pdus = [TracedPdu(0.0, sender, len(d) + 1, b"\4" + d) for sender, d in parts]
    for message in decode_messages(AssociationTrace(pdus=pdus)):
        assert repr(message)
        assert message.section
        assert message.data_set is None or len(message.data) == message.data_length


def test_a_command_element_of_a_wrong_length_is_a_problem() -> None:
    (message,) = decode_messages(traced(pdata((1, 3, bytes(4) + b"\1\0\0\0\0"))))
    assert "cannot be read" in message.problems[0]


@settings(max_examples=effort(200, 60_000), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 3), st.binary(max_size=60))))
def test_never_raises_on_fragments(values) -> None:
    for message in decode_messages(traced(pdata(*values))):
        assert repr(message), message.status
