"""What goes out of the client comes into the service, and back, in every way of carrying it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from labkit.common.access import DENY_ALL, AccessRequest, Decision
from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.common.serving import HttpService
from labkit.exchange.soap import (
    Exchanged,
    Message,
    Operation,
    SoapClient,
    SoapFault,
    soap_app,
    xml,
)
from labkit.exchange.soap.names import SECURITY, WSA, env
from tests.exchange.soap.conftest import ASK, NS, TOLD, echo, question

DOCUMENT = bytes(range(256)) * 40 + b"\r\n--boundary\r\n\r\n"


@pytest.mark.parametrize("mtom", [True, False])
def test_bytes_arrive_as_they_were_sent(web: TestClient, mtom: bool) -> None:
    with SoapClient("http://testserver/", transport=web._transport, mtom=mtom) as client:
        answer = client.call(question("Łąka & <b>", DOCUMENT))
    assert answer.action == TOLD
    assert xml.text_of(answer.body.find(f"{{{NS}}}Text")) == "Łąka & <b>"
    assert answer.content(answer.body.find(f"{{{NS}}}Document")) == DOCUMENT


def test_over_a_real_socket_both_sides_see_the_same_bytes() -> None:
    seen: list[Exchanged] = []
    heard: list[Exchanged] = []
    service = HttpService("soap")
    port = service.bind()
    service.start(
        soap_app(
            {ASK: Operation(echo, "ASK")},
            Allowing(),
            node="REGISTRY",
            observer=heard.append,
        )
    )
    try:
        url = f"http://127.0.0.1:{port}/services"
        with SoapClient(url, name="LEARNER", peer="REGISTRY", observer=seen.append) as client:
            client.call(question(data=DOCUMENT))
    finally:
        service.stop()
    assert [(e.action, e.sender, e.receiver, e.response) for e in seen] == [
        (ASK, "LEARNER", "REGISTRY", False),
        (TOLD, "REGISTRY", "LEARNER", True),
    ]
    assert [e.sha256 for e in seen] == [e.sha256 for e in heard]
    assert seen[0].size > len(DOCUMENT)
    assert DOCUMENT in seen[0].data  # MTOM: as they are, not as base64


class Allowing:
    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        return Decision(True, "so it is tested")


def test_the_policy_is_asked_with_the_sender_whom_secure_found(
    serve: Callable[..., TestClient],
) -> None:
    def secure(message: Message) -> Message:
        block = message.header(SECURITY)
        assert block is not None
        return replace(message, actor=xml.text_of(block), claims="nurse")

    def token(message: Message) -> list[xml.Element]:
        block = xml.make(SECURITY)
        block.set(env("mustUnderstand"), "true")
        xml.add(block, "{urn:test}Token", "grace")
        return [block]

    policy = Allowing()
    web = serve(policy=policy, secure=secure, node="REGISTRY")
    with SoapClient("http://testserver/", transport=web._transport, secure=token) as client:
        client.call(question())
    assert policy.asked == [AccessRequest("grace", "ASK", "REGISTRY", {})]


def test_without_a_policy_nothing_is_done(serve: Callable[..., TestClient]) -> None:
    done: list[Message] = []
    web = serve(done.append, policy=DENY_ALL)
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(SoapFault, match="no access policy is configured"),
    ):
        client.call(question())
    assert done == []


def test_a_private_reason_stays_here(serve: Callable[..., TestClient]) -> None:
    class Private(Decision):
        private = True

    class Policy:
        def decide(self, request: AccessRequest) -> Decision:
            return Private(False, "patient LK-20871 said no")

    web = serve(policy=Policy())
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(SoapFault) as caught,
    ):
        client.call(question())
    assert "LK-20871" not in str(caught.value)


def test_an_unforeseen_error_is_a_receiver_fault_without_its_text(
    serve: Callable[..., TestClient],
) -> None:
    def broken(message: Message) -> Message:
        raise ZeroDivisionError("password=1234")

    web = serve(broken)
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(SoapFault) as caught,
    ):
        client.call(question())
    assert caught.value.code == "Receiver"
    assert "1234" not in str(caught.value)


def test_a_fault_of_the_operation_arrives_whole(serve: Callable[..., TestClient]) -> None:
    def refusing(message: Message) -> Message:
        raise SoapFault("not on Sundays", subcode="{urn:test}Day", detail="it is Sunday")

    web = serve(refusing)
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(SoapFault) as caught,
    ):
        client.call(question())
    fault = caught.value
    assert (fault.code, fault.reason, fault.subcode, fault.detail) == (
        "Sender",
        "not on Sundays",
        "{urn:test}Day",
        "it is Sunday",
    )


def test_a_response_to_another_request_is_refused(serve: Callable[..., TestClient]) -> None:
    web = serve(lambda message: Message(TOLD, None, relates_to="urn:uuid:another"))
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(DataError, match="urn:uuid:another"),
    ):
        client.call(question())


def test_a_response_that_is_too_large_is_not_read(web: TestClient) -> None:
    with (
        SoapClient("http://testserver/", transport=web._transport, most_bytes=2000) as client,
        pytest.raises(DataError, match="larger than 2000"),
    ):
        client.call(question(data=DOCUMENT))


def test_who_is_not_there_and_who_speaks_no_soap() -> None:
    service = HttpService("none")
    port = service.bind()
    service.stop()
    with SoapClient(f"http://127.0.0.1:{port}/") as client, pytest.raises(NetworkError) as gone:
        client.call(question())
    assert gone.value.remedy
    web = TestClient(Starlette())
    with (
        SoapClient("http://testserver/", transport=web._transport) as client,
        pytest.raises(HttpError, match="404"),
    ):
        client.call(question())


def test_an_answer_that_comes_later_by_a_message_of_its_own(
    serve: Callable[..., TestClient],
) -> None:
    """Asynchronous exchange: 202 at once; the response goes to the address in ReplyTo."""
    arrived = threading.Event()
    answers: list[Message] = []

    def receive(message: Message) -> None:
        answers.append(message)
        arrived.set()

    back = TestClient(soap_app({TOLD: Operation(receive, "TOLD")}, Allowing()))
    reply_to = "http://requester/answers"
    answering = SoapClient(reply_to, transport=back._transport)
    web = serve(replies_to={reply_to: answering})
    with SoapClient("http://testserver/", transport=web._transport) as client:
        client.send(replace(question("later"), message_id="urn:uuid:7", reply_to=reply_to))
    assert arrived.wait(20)
    assert answers[0].relates_to == "urn:uuid:7"
    assert xml.text_of(answers[0].body.find(f"{{{NS}}}Text")) == "later"


def test_an_observer_that_fails_changes_nothing(web: TestClient) -> None:
    def bad(exchanged: Exchanged) -> None:
        raise ValueError("no")

    with SoapClient("http://testserver/", transport=web._transport, observer=bad) as client:
        assert client.call(question()).action == TOLD


def test_the_request_has_the_headers_that_ihe_wants(web: TestClient) -> None:
    seen: list[Exchanged] = []
    with SoapClient(
        "http://testserver/", transport=web._transport, mtom=False, observer=seen.append
    ) as client:
        client.call(question())
    header = xml.parse(seen[0].data).find(env("Header"))
    names = [child.tag.removeprefix(f"{{{WSA}}}") for child in header]
    assert names == ["Action", "MessageID", "To", "ReplyTo"]
    assert header[0].get(env("mustUnderstand")) == "true"
    response = xml.parse(seen[1].data).find(env("Header"))
    assert {child.tag.removeprefix(f"{{{WSA}}}") for child in response} == {
        "Action",
        "MessageID",
        "RelatesTo",
    }
