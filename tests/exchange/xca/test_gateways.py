"""The two gateways together, over real sockets: what is asked, what is answered, and by whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.dicom.samples import sample
from labkit.exchange.images import ImagingConsumer, ImagingRequest
from labkit.exchange.images.answer import came
from labkit.exchange.images.request import RAD69, RAD75
from labkit.exchange.parties import LAKESIDE, PatientId
from labkit.exchange.soap import Message
from labkit.exchange.xca import InitiatingGateway, Neighbour
from labkit.exchange.xca.query import ITI18, ITI38, found_by
from labkit.exchange.xca.retrieval import ITI39
from labkit.exchange.xds.messages import DocumentRequest, write_retrieve
from tests.exchange.xca.asking import MILAN, ask, codes, documents, kind, prior, status
from tests.exchange.xca.conftest import (
    IGNATIUS,
    MARIGOLD,
    MARIGOLD_THERE,
    POSY,
    Serve,
    Site,
    Table,
    call,
    find,
)


class TestQueries:
    def test_the_patient_is_asked_for_by_the_id_of_the_other_community(
        self, north: InitiatingGateway, lakeside: Site
    ) -> None:
        answer = ask(north, MARIGOLD)
        objects, errors = found_by(answer)
        assert [one.get("id") for one in objects] == ["urn:uuid:1"] and not errors
        assert [one.get("home") for one in objects] == [LAKESIDE.home]
        assert status(answer) == "Success"
        inside = lakeside.asked[0].body.find("{*}AdhocQuery")
        assert inside.get("home") is None
        assert [v.text for v in inside.iter("{*}Value")] == [f"'{MARIGOLD_THERE.cx}'"]

    def test_the_same_number_of_another_authority_is_never_asked_for(
        self, north: InitiatingGateway, lakeside: Site
    ) -> None:
        """1001234 is Posy at North and Ignatius at Lakeside; nothing links the two."""
        answer = ask(north, POSY)
        objects, errors = found_by(answer)
        assert not objects and not lakeside.asked
        assert codes(errors) == ["XDSUnknownPatientId"] and errors[0].warning
        assert errors[0].location == LAKESIDE.home and status(answer) == "Success"

    def test_nor_if_the_cross_reference_says_the_wrong_authority(
        self, north: InitiatingGateway, lakeside: Site, table: Table
    ) -> None:
        table.rows[POSY] = [POSY]
        objects, errors = found_by(ask(north, POSY))
        assert not objects and codes(errors) == ["XDSUnknownPatientId"] and not lakeside.asked

    def test_a_gateway_refuses_ids_that_its_community_did_not_issue(
        self, responding: Neighbour, lakeside: Site
    ) -> None:
        answer = call(responding.url, ITI38, find(POSY, home=LAKESIDE.home))
        objects, errors = found_by(answer)
        assert not objects and not lakeside.asked
        assert codes(errors) == ["XDSUnknownPatientId"] and status(answer) == "Failure"
        assert errors[0].location == LAKESIDE.home

    def test_the_id_that_is_the_other_communitys_own_is_used_as_it_is(
        self, north: InitiatingGateway
    ) -> None:
        objects, _ = found_by(ask(north, IGNATIUS))
        assert [one.get("id") for one in objects] == ["urn:uuid:2"]

    def test_somebody_with_two_ids_there_is_asked_for_by_both(
        self, north: InitiatingGateway, table: Table, lakeside: Site
    ) -> None:
        lakeside.entries["urn:uuid:9"] = LAKESIDE.patient("LK-9")
        table.rows[MARIGOLD] = [MARIGOLD_THERE, LAKESIDE.patient("LK-9")]
        objects, errors = found_by(ask(north, MARIGOLD))
        assert [one.get("id") for one in objects] == ["urn:uuid:1", "urn:uuid:9"] and not errors

    def test_a_query_without_patient_needs_the_community(
        self, north: InitiatingGateway, responding: Neighbour
    ) -> None:
        for answer in (ask(north, None), call(responding.url, ITI38, find(None))):
            _, errors = found_by(answer)
            assert codes(errors) == ["XDSMissingHomeCommunityId"] and status(answer) == "Failure"
        objects, errors = found_by(ask(north, None, LAKESIDE.home))
        assert len(objects) == 2 and not errors

    def test_a_community_that_nobody_knows(
        self, north: InitiatingGateway, responding: Neighbour
    ) -> None:
        for answer in (
            ask(north, MARIGOLD, MILAN.home),
            call(responding.url, ITI38, find(MARIGOLD_THERE, home=MILAN.home)),
        ):
            _, errors = found_by(answer)
            assert codes(errors) == ["XDSUnknownCommunity"] and status(answer) == "Failure"

    def test_one_community_down_does_not_keep_back_the_other(
        self, north: InitiatingGateway, table: Table
    ) -> None:
        north.know(Neighbour(MILAN, "http://127.0.0.1:9/"))
        table.rows[MARIGOLD] = [MARIGOLD_THERE]
        patients = north._patients
        table.corresponding = lambda pid, authorities=None: (  # type: ignore[method-assign]
            [MARIGOLD_THERE] if LAKESIDE.authority in authorities else [MILAN.patient("MI-1")]
        )
        assert patients is table
        answer = ask(north, MARIGOLD)
        objects, errors = found_by(answer)
        assert [one.get("home") for one in objects] == [LAKESIDE.home]
        assert codes(errors) == ["XDSUnavailableCommunity"] and errors[0].location == MILAN.home
        assert status(answer) == "PartialSuccess"
        north.forget(LAKESIDE.home)
        assert status(ask(north, MARIGOLD)) == "Failure"

    def test_a_cross_reference_manager_that_is_down_is_said(
        self, north: InitiatingGateway, table: Table, lakeside: Site
    ) -> None:
        from labkit.common.errors import NetworkError

        def down(pid: PatientId, authorities: object = None) -> list[PatientId]:
            raise NetworkError("it does not answer")

        table.corresponding = down  # type: ignore[method-assign]
        answer = ask(north, MARIGOLD)
        _, errors = found_by(answer)
        assert codes(errors) == ["XDSRegistryError"] and status(answer) == "Failure"
        assert "not known now" in errors[0].context and not lakeside.asked

    def test_what_is_no_query_is_refused(self, north: InitiatingGateway) -> None:
        _, errors = found_by(north.query(Message(ITI18, None)))
        assert codes(errors) == ["XDSRegistryError"]


class TestDocuments:
    def test_they_come_from_the_repository_that_has_them(
        self, north: InitiatingGateway, lakeside: Site
    ) -> None:
        wanted = [
            DocumentRequest(LAKESIDE.repository, uid, LAKESIDE.home) for uid in ("1.2.3", "1.2.4")
        ]
        answer = north.retrieve(*kind("ITI-43"), documents(*wanted))
        found, errors = came(answer)
        assert {one.uniqueId: one.data for one in found} == lakeside.documents and not errors
        assert {one.request.homeCommunityId for one in found} == {LAKESIDE.home}
        inside = lakeside.asked[0].body
        assert not list(inside.iter("{*}HomeCommunityId"))

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            (DocumentRequest(LAKESIDE.repository, "1.2.3"), "XDSMissingHomeCommunityId"),
            (DocumentRequest(LAKESIDE.repository, "1.2.3", MILAN.home), "XDSUnknownCommunity"),
            (DocumentRequest("2.25.5", "1.2.3", LAKESIDE.home), "XDSUnknownRepositoryId"),
        ],
    )
    def test_what_is_wrong_with_one_leaves_the_other(
        self, north: InitiatingGateway, responding: Neighbour, wanted: DocumentRequest, code: str
    ) -> None:
        good = DocumentRequest(LAKESIDE.repository, "1.2.4", LAKESIDE.home)
        for answer in (
            north.retrieve(*kind("ITI-43"), documents(wanted, good)),
            call(responding.url, ITI39, write_retrieve([wanted, good])),
        ):
            found, errors = came(answer)
            assert [one.uniqueId for one in found] == ["1.2.4"]
            assert codes(errors) == [code] and status(answer) == "PartialSuccess"

    def test_every_error_of_the_gateway_names_the_community(self, responding: Neighbour) -> None:
        """RAD TF-2 4.75, ITI TF-2 3.39.4.1.3: the location is the homeCommunityId."""
        wanted = [
            DocumentRequest("2.25.5", "1.2.3", LAKESIDE.home), DocumentRequest("2.25.5", "1.2.4"),
        ]  # fmt: skip
        _, errors = came(call(responding.url, ITI39, write_retrieve(wanted)))
        assert [error.location for error in errors] == [LAKESIDE.home] * 2
        assert "1.2.3" in errors[0].context


class TestImages:
    def test_a_study_comes_through_both_gateways(
        self, north: InitiatingGateway, serve: Serve
    ) -> None:
        consumer = ImagingConsumer({}, gateway=serve(north.operations()))
        got = consumer.retrieve(prior())
        assert not got.errors
        assert got.datasets() == sample("cr-chest-prior").datasets()

    def test_an_unknown_image_is_an_error_with_the_community_and_the_uid(
        self, north: InitiatingGateway, responding: Neighbour
    ) -> None:
        wrong = replace(prior()[0], instance="1.2.3")
        request = ImagingRequest((wrong, *prior()), ("1.2.840.10008.1.2.1",)).write()
        across = call(responding.url, RAD75, request)
        for answer in (north.retrieve(*kind("RAD-69"), Message(RAD69, request)), across):
            found, errors = came(answer)
            assert len(found) == len(prior()) and status(answer) == "PartialSuccess"
            assert codes(errors) == ["XDSDocumentUniqueIdError"]
            assert errors[0].location == LAKESIDE.home and "1.2.3" in errors[0].context
        assert across.action == f"{RAD75}Response"

    def test_the_images_of_a_community_that_is_down(self, north: InitiatingGateway) -> None:
        north.know(Neighbour(MILAN, "http://127.0.0.1:9/"))
        asked = (*prior(), *prior(MILAN.home))
        request = ImagingRequest(asked, ("1.2.840.10008.1.2.1",)).write()
        answer = north.retrieve(*kind("RAD-69"), Message(RAD69, request))
        found, errors = came(answer)
        assert len(found) == len(prior()) and status(answer) == "PartialSuccess"
        assert [(e.code, e.location) for e in errors] == [("XDSUnavailableCommunity", MILAN.home)]

    def test_a_malformed_request_goes_nowhere(
        self, north: InitiatingGateway, responding: Neighbour, lakeside: Site
    ) -> None:
        request = ImagingRequest(tuple(prior()), ()).write()
        for answer in (
            north.retrieve(*kind("RAD-69"), Message(RAD69, request)),
            call(responding.url, RAD75, request),
        ):
            _, errors = came(answer)
            assert codes(errors) == ["XDSRepositoryError"] and not lakeside.asked
