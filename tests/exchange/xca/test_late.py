"""Asynchronous exchange: the request is acknowledged, and the answer comes by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from labkit.common import ALLOW_ALL
from labkit.common.errors import NetworkError
from labkit.common.serving import HOST, HttpService
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.soap import Message, Operation, SoapClient, SoapFault, soap_app
from labkit.exchange.xca import InitiatingGateway, LateAnswers, Neighbour, RespondingGateway
from labkit.exchange.xca.query import ITI18, ITI38, found_by
from tests.exchange.xca.conftest import MARIGOLD, Serve, Site, Table, find

Gateway = dict[str, Operation]
Answering = Callable[..., str]


@pytest.fixture
def late() -> Iterator[LateAnswers]:
    """North's place for answers."""
    service = HttpService("late")
    answers = LateAnswers(f"http://{HOST}:{service.bind()}/", patience=5)
    service.start(soap_app(answers.operations([f"{ITI38}Response"]), ALLOW_ALL))
    yield answers
    service.stop()


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Serves operations that answer to some addresses; its URL."""
    services = []

    def start(operations: dict[str, Operation], *addresses: str) -> str:
        service = HttpService("lakeside")
        service.bind()
        clients = {address: SoapClient(address) for address in addresses}
        service.start(soap_app(operations, ALLOW_ALL, replies_to=clients))
        services.append(service)
        return f"http://{HOST}:{service.port}/"

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def gateway(lakeside: Site, serve: Serve) -> dict[str, Operation]:
    """Lakeside's."""
    inside = serve({ITI18: Operation(lakeside.registry, "ITI-18")})
    return RespondingGateway(LAKESIDE, inside, {}, {}).operations()


def test_an_answer_comes_later(
    late: LateAnswers, answering: Answering, gateway: Gateway, table: Table
) -> None:
    north = InitiatingGateway(NORTH, patients=table, late=late)
    north.know(Neighbour(LAKESIDE, answering(gateway, late.url)))
    objects, errors = found_by(north.query(Message(ITI18, find(MARIGOLD))))
    assert [one.get("home") for one in objects] == [LAKESIDE.home] and not errors


def test_an_address_that_is_not_registered_is_refused_by_name(
    late: LateAnswers, answering: Answering, gateway: Gateway, table: Table, lakeside: Site
) -> None:
    """Whoever sends could name any address; a gateway is nobody's means to send to it."""
    north = InitiatingGateway(NORTH, patients=table, late=late)
    north.know(Neighbour(LAKESIDE, answering(gateway)))
    objects, errors = found_by(north.query(Message(ITI18, find(MARIGOLD))))
    assert not objects and not lakeside.asked
    assert "wsa:ReplyTo" in errors[0].context


def test_an_answer_that_nobody_waits_for_is_not_taken(late: LateAnswers) -> None:
    with SoapClient(late.url) as client, pytest.raises(SoapFault, match="no request"):
        client.call(Message(f"{ITI38}Response", None, relates_to="urn:uuid:0"))


def test_no_answer_in_time(late: LateAnswers, answering: Answering) -> None:
    late._patience = 0.05
    silent = answering({ITI38: Operation(lambda message: None, "ITI-38")}, late.url)
    with SoapClient(silent) as client, pytest.raises(NetworkError, match=r"0\.05 seconds"):
        late.call(client, Message(ITI38, find(MARIGOLD)))
