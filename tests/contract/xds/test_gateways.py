"""ITI-38 and 39 with IPF on the other side, as initiating and as responding gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.common import ALLOW_ALL
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.xca import InitiatingGateway, Neighbour, RespondingGateway
from labkit.exchange.xds import (
    DocumentConsumer,
    DocumentSource,
    Registry,
    Repository,
    registry_operations,
    repository_operations,
)
from tests.contract.xds import exchange as given
from tests.contract.xds.exchange import ABROAD, MARIGOLD, serve, sha256
from tests.contract.xds.peer_process import Ipf

pytestmark = pytest.mark.peers
HERE, THERE = NORTH.patient("NG-100457"), ABROAD.patient("IPF-1")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Lakeside's Responding Gateway, before a registry and a repository with one manifest."""
    folder = tmp_path_factory.mktemp("lakeside")
    with ExitStack() as stack:
        registry = stack.enter_context(Registry(folder / "registry"))
        registry.admit(MARIGOLD)
        at = serve(stack, registry_operations(registry, ALLOW_ALL, "REGISTRY"))
        repository = stack.enter_context(
            Repository(folder / "repository", LAKESIDE.repository, registry=registry)
        )
        documents = serve(stack, repository_operations(repository, ALLOW_ALL, "REPOSITORY"))
        with DocumentSource(documents) as source:
            source.provide(given.submission_set(), {given.entry(): given.manifest(1)[1]})
        responding = RespondingGateway(LAKESIDE, at, {LAKESIDE.repository: documents}, {})
        yield serve(stack, responding.operations())


def well(answer: dict[str, Any]) -> dict[str, Any]:
    assert "failed" not in answer and answer["problem"] is None, answer
    return answer


def test_ipf_s_gateway_finds_and_retrieves_through_ours(ipf: Ipf, gateway: str) -> None:
    found = well(
        ipf.ask(
            "ITI-38",
            url=gateway,
            query="FindDocuments",
            patientId=MARIGOLD.cx,
            status=["Approved"],
            home=LAKESIDE.home,
        )
    )
    (entry,) = found["entries"]
    assert found["status"] == given.SUCCESS and entry["homeCommunityId"] == LAKESIDE.home
    uid, file = given.manifest(1)
    assert (entry["uniqueId"], entry["repositoryUniqueId"]) == (uid, LAKESIDE.repository)
    wanted = [{"repository": entry["repositoryUniqueId"], "uid": uid, "home": LAKESIDE.home}]
    back = well(ipf.ask("ITI-39", url=gateway, documents=wanted))
    (document,) = back["documents"]
    assert (document["sha256"], document["home"]) == (sha256(file), LAKESIDE.home)


def test_each_reference_and_each_object_names_the_community(ipf: Ipf, gateway: str) -> None:
    how = {"url": gateway, "home": LAKESIDE.home}
    patient = {"patientId": MARIGOLD.cx, "status": ["Approved"]}
    refs = well(ipf.ask("ITI-38", query="FindDocuments", refs=True, **patient, **how))
    assert [one["home"] for one in refs["references"]] == [LAKESIDE.home]
    uuid = refs["references"][0]["id"]
    (entry,) = well(ipf.ask("ITI-38", query="GetDocuments", ids=[uuid], **how))["entries"]
    assert (entry["entryUUID"], entry["homeCommunityId"]) == (uuid, LAKESIDE.home)


def test_a_request_for_another_community_is_an_error_that_names_us(ipf: Ipf, gateway: str) -> None:
    uid = given.manifest(1)[0]
    for answer in (
        ipf.ask("ITI-38", url=gateway, query="GetDocuments", ids=["urn:uuid:" + "0" * 8
                + "-0000-4000-8000-" + "0" * 12], home="urn:oid:2.25.17"),
        ipf.ask("ITI-39", url=gateway, documents=[
            {"repository": LAKESIDE.repository, "uid": uid, "home": "urn:oid:2.25.17"}]),
    ):  # fmt: skip
        assert well(answer)["status"] == given.FAILURE
        assert [one["errorCode"] for one in answer["errors"]] == ["XDSUnknownCommunity"]
        assert answer["errors"][0]["location"] == LAKESIDE.home


@dataclass(frozen=True)
class Known:
    """Which patient here is which there."""

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None
    ) -> list[PatientId]:
        return [THERE] if pid == HERE else []


def test_our_consumer_finds_and_retrieves_at_ipf_through_our_gateway(
    ipf: Ipf, tmp_path: Path
) -> None:
    uid, file = given.manifest(5)
    path = tmp_path / "5.dcm"
    path.write_bytes(file)
    entry = given.said(5, patientId=THERE.cx, sourcePatientId=THERE.cx)
    ipf.ask("hold", uid=uid, path=str(path), entry=entry)
    ipf.received()
    north = InitiatingGateway(NORTH, patients=Known())
    north.know(Neighbour(ABROAD, ipf.urls["ITI-38"]))
    with ExitStack() as stack:
        at = serve(stack, north.operations())
        consumer = stack.enter_context(DocumentConsumer(at, gateway=at, home=NORTH.home))
        (found,) = consumer.find_documents(HERE)
        assert (found.uniqueId, found.homeCommunityId) == (uid, Ipf.home)
        assert [(one["transaction"], one["problem"]) for one in ipf.received()] == [
            ("ITI-38", None)
        ]
        # IPF has an address for each transaction; a gateway of labkit's has one for all.
        north.know(Neighbour(ABROAD, ipf.urls["ITI-39"]))
        (document,) = consumer.retrieve([found])
    assert document.data == file
    assert [(one["transaction"], one["problem"]) for one in ipf.received()] == [("ITI-39", None)]


def test_a_patient_whom_the_other_community_does_not_know_is_not_asked_for(ipf: Ipf) -> None:
    ipf.received()
    north = InitiatingGateway(NORTH, patients=Known())
    north.know(Neighbour(ABROAD, ipf.urls["ITI-38"]))
    with ExitStack() as stack:
        at = serve(stack, north.operations())
        consumer = stack.enter_context(DocumentConsumer(at))
        assert list(consumer.find_documents(NORTH.patient("1001234"))) == []
    assert ipf.received() == []
