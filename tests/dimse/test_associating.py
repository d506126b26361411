"""A-ASSOCIATE read once and answered directly: the same as pynetdicom's, in every byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import UID
from pynetdicom import build_context, build_role, evt
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)

from labkit.dimse import associate
from labkit.dimse.associating import Requests, encode_accept
from tests.dimse.wire import until
from tests.effort import effort

ECHO, FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
UIDS = st.lists(st.integers(0, 10**9), min_size=2, max_size=6).map(
    lambda parts: "1." + ".".join(map(str, parts))
)


def _filled(item: Any, **values: object) -> Any:
    for name, value in values.items():
        setattr(item, name, value)
    return item


def _user_information() -> list[Any]:
    return [
        _filled(MaximumLengthNotification(), maximum_length_received=131072),
        _filled(ImplementationClassUIDNotification(), implementation_class_uid=UID("1.2.3.4")),
        _filled(ImplementationVersionNameNotification(), implementation_version_name="ODD"),
    ]


def _associate(**values: object) -> Any:
    return _filled(
        A_ASSOCIATE(),
        application_context_name=UID("1.2.840.10008.3.1.1.1"),
        calling_ae_title="CALLING",
        called_ae_title="SIXTEEN CHARS OK",
        user_information=_user_information(),
        **values,
    )


def _result(number: int, syntax: str, result: int) -> Any:
    return _filled(build_context(ECHO, syntax), context_id=number, result=result)


ITEMS = [
    build_role(FIND, scu_role=True),
    build_role(ECHO, scu_role=False, scp_role=True),
    _filled(
        SOPClassExtendedNegotiation(),
        sop_class_uid=FIND,
        service_class_application_information=b"\x01\x00\x01",
    ),
    _filled(
        AsynchronousOperationsWindowNegotiation(),
        maximum_number_operations_invoked=1,
        maximum_number_operations_performed=1,
    ),
    _filled(UserIdentityNegotiation(), server_response=b"yes"),
]


@given(
    st.lists(st.tuples(UIDS, st.sampled_from([0, 1, 2, 3, 4])), min_size=1, max_size=128),
    st.lists(st.sampled_from(ITEMS), max_size=5),
)
@settings(max_examples=effort(40, 1000), deadline=None)
def test_an_answer_has_the_bytes_of_pynetdicom_s(
    results: list[tuple[str, int]], items: list[Any]
) -> None:
    primitive = _associate()
    primitive.presentation_context_definition_results_list = [
        _result(2 * place + 1, syntax, result) for place, (syntax, result) in enumerate(results)
    ]
    primitive.user_information = [*_user_information(), *items]
    assert encode_accept(primitive) == A_ASSOCIATE_AC(primitive).encode()


def _request(*more: Any) -> bytes:
    primitive = _associate(
        presentation_context_definition_list=[_filled(build_context(FIND), context_id=1)]
    )
    primitive.user_information = [*_user_information(), *more]
    encoded: bytes = A_ASSOCIATE_RQ(primitive).encode()
    return encoded


def test_a_request_that_is_known_is_read_as_the_first_one_was() -> None:
    requests, data = Requests(), _request(*ITEMS[:4])
    theirs = A_ASSOCIATE_RQ()
    theirs.decode(data)
    for _ in range(3):
        pdu = requests.read(data)
        assert pdu == theirs
        assert pdu.encode() == data
        ours, expected = pdu.to_primitive(), theirs.to_primitive()
        for attribute in ("calling_ae_title", "called_ae_title", "application_context_name",
                          "presentation_context_definition_list", "result"):  # fmt: skip
            assert getattr(ours, attribute) == getattr(expected, attribute)
        mine, wanted = (list(map(vars, each.user_information)) for each in (ours, expected))
        assert mine == wanted
        # What one association does to its own is not seen by the next.
        ours.user_information.clear()
        ours.presentation_context_definition_list[0].context_id = 99
        ours.presentation_context_definition_list.clear()
        pdu.variable_items.clear()
    assert len(requests._known) == 1


def test_what_is_known_is_bounded_and_no_secret_is_kept() -> None:
    requests = Requests()
    who = _filled(
        UserIdentityNegotiation(), user_identity_type=2, primary_field=b"who", secondary_field=b"pw"
    )
    assert requests.read(_request(who)).to_primitive().user_information[-1].primary_field == b"who"
    assert not requests._known
    for number in range(100):
        version = f"V{number}"
        item = _filled(ImplementationVersionNameNotification(), implementation_version_name=version)
        assert requests.read(_request(item)).to_primitive().user_information[-1] is not None
    assert len(requests._known) == 16


def test_a_damaged_request_is_refused_as_by_pynetdicom() -> None:
    requests, data = Requests(), _request()
    with pytest.raises(AssertionError):
        requests.read(data[:-3])
    assert not requests._known


def test_whoever_watches_the_steps_sees_them_all(scp: Any) -> None:
    """Two associations: the second request is known."""
    seen: list[str] = []
    server = scp.ae._servers[0]
    for event in (evt.EVT_PDU_RECV, evt.EVT_PDU_SENT):
        server.bind(event, lambda event: seen.append(type(event.pdu).__name__))
    for _ in range(2):
        with associate(scp.peer, [build_context(ECHO)]):
            pass
    each = ["A_ASSOCIATE_RQ", "A_ASSOCIATE_AC", "A_RELEASE_RQ", "A_RELEASE_RP"]
    assert until(lambda: len(seen) == 8)
    assert seen == each * 2
