"""What another community answers is looked at before anybody gets it."""

from __future__ import annotations

import pytest

from labkit.exchange.images.answer import answered, came
from labkit.exchange.parties import LAKESIDE, PatientId
from labkit.exchange.soap import Message, Operation, xml
from labkit.exchange.xca import InitiatingGateway, Neighbour
from labkit.exchange.xca.query import ITI38, found_by, found_response
from labkit.exchange.xca.retrieval import ITI39
from labkit.exchange.xds.messages import DocumentRequest
from tests.exchange.xca.asking import MILAN, ask, codes, document, documents, kind, status
from tests.exchange.xca.conftest import IGNATIUS, MARIGOLD, MARIGOLD_THERE, Serve, entry


class TestWrongAnswers:
    """What another community answers is looked at before anybody gets it."""

    def liar(self, serve: Serve, north: InitiatingGateway, **says: object) -> None:
        operations = {action: Operation(handle, "any") for action, handle in says["does"].items()}
        north.know(Neighbour(LAKESIDE, serve(operations)))

    @pytest.mark.parametrize(
        ("home", "patient", "code"),
        [
            ("", MARIGOLD_THERE, "XDSMissingHomeCommunityId"),
            (MILAN.home, MARIGOLD_THERE, "XDSUnknownCommunity"),
            (LAKESIDE.home, IGNATIUS, "XDSPatientIdDoesNotMatch"),
            (LAKESIDE.home, MARIGOLD, "XDSPatientIdDoesNotMatch"),
        ],
    )
    def test_an_entry_of_no_or_another_community_or_patient(
        self, north: InitiatingGateway, serve: Serve, home: str, patient: PatientId, code: str
    ) -> None:
        def lie(message: Message) -> Message:
            wrong, right = entry("urn:uuid:7", patient), entry("urn:uuid:8", MARIGOLD_THERE)
            if home:
                wrong.set("home", home)
            right.set("home", LAKESIDE.home)
            return found_response(message, f"{ITI38}Response", [wrong, right], [])

        self.liar(serve, north, does={ITI38: lie})
        answer = ask(north, MARIGOLD)
        objects, errors = found_by(answer)
        assert [one.get("id") for one in objects] == ["urn:uuid:8"]
        assert codes(errors) == [code] and "urn:uuid:7" in errors[0].context
        assert errors[0].location == LAKESIDE.home and status(answer) == "PartialSuccess"

    def test_documents_that_nobody_asked_for(self, north: InitiatingGateway, serve: Serve) -> None:
        def lie(message: Message) -> Message:
            home = LAKESIDE.home
            sent = [
                document("1.2.3", b"right", home),
                document("1.2.3", b"again", home),
                document("6.6.6", b"unasked", home),
                document("1.2.4", b"homeless", ""),
                document("1.2.4", b"of another", MILAN.home),
            ]
            return answered(message, f"{ITI39}Response", sent, [])

        self.liar(serve, north, does={ITI39: lie})
        wanted = [
            DocumentRequest(LAKESIDE.repository, u, LAKESIDE.home) for u in ("1.2.3", "1.2.4")
        ]
        found, errors = came(north.retrieve(*kind("ITI-43"), documents(*wanted)))
        assert [one.data for one in found] == [b"right"]
        assert codes(errors) == [
            "XDSRepositoryError", "XDSRepositoryError", "XDSMissingHomeCommunityId",
            "XDSUnknownCommunity",
        ]  # fmt: skip

    def test_an_answer_of_another_kind(self, north: InitiatingGateway, serve: Serve) -> None:
        def lie(message: Message) -> Message:
            return message.reply("urn:x", xml.make("{urn:x}Nonsense"))

        self.liar(serve, north, does={ITI38: lie, ITI39: lie})
        answer = ask(north, MARIGOLD)
        _, errors = found_by(answer)
        assert codes(errors) == ["XDSRegistryError"] and status(answer) == "Failure"
        wanted = DocumentRequest(LAKESIDE.repository, "1.2.3", LAKESIDE.home)
        _, errors = came(north.retrieve(*kind("ITI-43"), documents(wanted)))
        assert codes(errors) == ["XDSRepositoryError"]
