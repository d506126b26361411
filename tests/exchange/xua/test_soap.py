"""XUA over SOAP: the service's policy decides on behalf of the user of the assertion."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from labkit.access.grant import Grant, current_grant
from labkit.common.access import AccessRequest, Decision
from labkit.exchange.soap import Message, Operation, SoapClient, SoapFault, soap_app, xml
from labkit.exchange.xua import AssertionProvider, TrustedIssuer, XuaDoor
from tests.exchange.xua.conftest import CHEN, IDP, REGISTRY, Clock, Signer

ASK, TOLD = "urn:test:Ask", "urn:test:Told"


class Treatment:
    """Lets those pass who treat; remembers on whose behalf it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Grant | None]] = []

    def decide(self, request: AccessRequest) -> Decision:
        grant = current_grant()
        self.asked.append((request.actor, grant))
        return Decision(grant is not None and grant.purpose == "TREAT", "not for treatment")


def transport(app: object) -> object:
    return TestClient(app, raise_server_exceptions=False)._transport  # type: ignore[arg-type]


def ask() -> Message:
    return Message(ASK, xml.make("{urn:test}Ask"))


@pytest.fixture
def policy() -> Treatment:
    return Treatment()


@pytest.fixture
def client_of(door: XuaDoor, policy: Treatment) -> Callable[..., SoapClient]:
    def told(message: Message) -> Message:
        answer = xml.make("{urn:test}Told")
        grant = current_grant()
        answer.text = grant.subject if grant else "nobody"
        return message.reply(TOLD, answer)

    app = soap_app({ASK: Operation(told, "ASK")}, policy, secure=door.admit)

    def make(**more: object) -> SoapClient:
        return SoapClient("http://registry/ws", transport=transport(app), **more)  # type: ignore[arg-type]

    return make


def test_policy_and_operation_work_on_behalf_of_the_user(
    client_of: Callable[..., SoapClient], provider: AssertionProvider, policy: Treatment
) -> None:
    client = client_of(secure=provider.headers_for(CHEN, REGISTRY))
    assert xml.text_of(client.call(ask()).body) == "chen"
    actor, grant = policy.asked[0]
    assert actor == f"lchen<chen@{IDP}>"
    assert grant is not None and grant.actors == {"Organization/lakeside"}
    assert current_grant() is None


def test_without_an_assertion_nothing_is_asked_of_the_policy(
    client_of: Callable[..., SoapClient], policy: Treatment
) -> None:
    with pytest.raises(SoapFault) as refused:
        client_of().call(ask())
    assert refused.value.subcode.endswith("}InvalidSecurity") and policy.asked == []


def test_an_assertion_for_another_service(
    client_of: Callable[..., SoapClient], provider: AssertionProvider, policy: Treatment
) -> None:
    client = client_of(secure=provider.headers_for(CHEN, "urn:oid:2.25.2026102.1"))
    with pytest.raises(SoapFault, match="another service") as refused:
        client.call(ask())
    assert refused.value.subcode.endswith("}FailedAuthentication") and policy.asked == []


def test_a_policy_that_says_no(
    client_of: Callable[..., SoapClient], trusted: Signer, clock: Clock
) -> None:
    from dataclasses import replace

    provider = AssertionProvider(IDP, trusted.key, trusted.certificate, clock=clock)
    client = client_of(secure=provider.headers_for(replace(CHEN, purpose=None), REGISTRY))
    with pytest.raises(SoapFault, match="not for treatment"):
        client.call(ask())


def test_a_late_answer_is_worked_out_on_behalf_of_the_user_too(
    trusted: Signer, clock: Clock, provider: AssertionProvider, policy: Treatment
) -> None:
    """Asynchronous exchange: the work is done in a thread of its own."""
    door = XuaDoor(REGISTRY, {IDP: TrustedIssuer((trusted.certificate,))}, clock=clock)
    heard: list[Message] = []
    done = threading.Event()

    def hear(message: Message) -> None:
        heard.append(message)
        done.set()

    here = soap_app({TOLD: Operation(hear, "TOLD")}, _Anybody())
    later = SoapClient("http://asker/ws", transport=transport(here))  # type: ignore[arg-type]

    def told(message: Message) -> Message:
        grant, answer = current_grant(), xml.make("{urn:test}Told")
        answer.text = grant.subject if grant else "nobody"
        return message.reply(TOLD, answer)

    app = soap_app(
        {ASK: Operation(told, "ASK")},
        policy,
        secure=door.admit,
        replies_to={"http://asker/ws": later},
    )
    client = SoapClient(
        "http://registry/ws",
        transport=transport(app),  # type: ignore[arg-type]
        secure=provider.headers_for(CHEN, REGISTRY),
    )
    client.send(Message(ASK, xml.make("{urn:test}Ask"), reply_to="http://asker/ws"))
    assert done.wait(30)
    assert xml.text_of(heard[0].body) == "chen"


class _Anybody:
    def decide(self, request: AccessRequest) -> Decision:
        return Decision(True, "anybody")
