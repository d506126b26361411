"""What a notebook sees, on the session's lab."""

from __future__ import annotations

from typing import Any, cast

import pytest

from labkit.common.errors import UsageError
from labkit.dicom import real_file
from labkit.dimse import Receiver, echo, identifier, move, store
from labkit.lab import Lab
from labkit.lab.embedded import EmbeddedLab


def test_its_nodes(lab: Lab) -> None:
    assert list(lab.nodes) == ["ARCHIVE", "WORKSTN", "WORKLIST", "LEGACY", "ROUTER"]
    named = [lab.archive, lab.workstn, lab.worklist, lab.legacy, lab.router]
    assert named == list(lab.nodes.values())
    assert (lab.archive.role, lab.archive.site) == ("PACS archive", "North General")
    with pytest.raises(TypeError):
        cast(Any, lab.nodes)["ARCHIVE"] = lab.legacy
    assert repr(lab.nodes).splitlines()[0] == "Node(ARCHIVE: PACS archive, North General)"
    assert len(lab.nodes) == 5
    assert lab.nodes.get("NOBODY") is None
    with pytest.raises(KeyError, match="There is no node 'NOBODY'"):
        lab.nodes["NOBODY"]


def test_what_a_notebook_stores_shows_no_address(lab: Lab) -> None:
    shown = cast(EmbeddedLab, lab)._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html"}
    assert shown["text/plain"] == repr(lab)
    for text in shown.values():
        assert "127.0.0.1" not in text
        assert str(lab.archive.port) not in text
    assert "All 6 services are healthy." in repr(lab)
    assert repr(lab.fhir) == "FHIR R4 server"
    assert repr(lab.mark()) == "Mark()"
    assert "<Mark" not in repr(lab.mark()) and "127" not in repr(lab.archive)


def test_asking_for_health_leaves_no_trace(lab: Lab) -> None:
    mark = lab.mark()
    assert lab.health()
    for name in [*lab.nodes, "FHIR"]:
        assert lab.log(name, since=mark).lines == ()
    assert lab.traces("ARCHIVE", since=mark) == []


def test_fhir_is_there_with_the_patients_of_the_stories(lab: Lab) -> None:
    with lab.fhir.client() as fhir:
        assert fhir.read("Patient/quillfeather")["birthDate"] == "1958-03-04"
        assert fhir.read("Endpoint/archive")["name"].startswith("ARCHIVE")
    assert "GET Patient/quillfeather -> 200" in lab.log("FHIR")


def test_log_traces_and_received(lab: Lab) -> None:
    mark = lab.mark()
    ct = real_file("CT_small")
    assert store(lab.workstn, [ct]).stored
    assert "C-STORE" in lab.log("WORKSTN", since=mark)
    (trace,) = lab.traces("WORKSTN", since=mark)
    assert (trace.requestor.ae_title, trace.end) == ("LEARNER", "released")
    (received,) = lab.received(since=mark)
    assert received.PatientName == "CompressedSamples^CT1"
    assert lab.received("workstn") == lab.received(lab.workstn)
    assert lab.received(since=lab.mark()) == []


def test_a_notebook_can_be_the_destination_of_a_move(lab: Lab) -> None:
    ct = real_file("CT_small")
    assert store(lab.archive, [ct]).stored
    wanted = identifier("PATIENT", PatientID="1CT1")
    with Receiver("LEARNER") as receiver:
        refused = move(lab.archive, wanted, "LEARNER", model="patient")
        assert refused.status == 0xA801
        lab.add_node(receiver.peer)
        assert lab.destinations()["LEARNER"] == receiver.peer
        assert move(lab.archive, wanted, "LEARNER", model="patient").completed == 1
        lab.remove_node("LEARNER")
        assert move(lab.archive, wanted, "LEARNER", model="patient").status == 0xA801
    assert len(receiver.received) == 1


def test_a_node_that_is_off_refuses_and_health_says_what_to_do(lab: Lab) -> None:
    lab.stop_node(lab.archive)
    health = lab.health()
    assert [row.name for row in health if not row.healthy] == ["ARCHIVE"]
    assert health["ARCHIVE"].remedy.startswith('Start it with lab.start_node("ARCHIVE")')
    with pytest.raises(Exception, match="ARCHIVE"):
        echo(lab.archive)
    lab.start_node("archive")
    assert echo(lab.archive).status == 0x0000
    lab.stop_node("FHIR")
    assert not lab.health()["FHIR"].healthy
    lab.reset()
    assert lab.health()


@pytest.mark.parametrize("name", ["NOBODY", "", "../ARCHIVE", "A/B", "Ä"])
def test_an_unknown_node_is_a_clear_error(lab: Lab, name: str) -> None:
    with pytest.raises(UsageError, match="There is no node") as caught:
        lab.log(name)
    assert "ARCHIVE" in caught.value.remedy


def test_since_takes_a_mark_only(lab: Lab) -> None:
    with pytest.raises(UsageError, match=r"lab\.mark") as caught:
        lab.log("ARCHIVE", since=cast(Any, 5))
    assert caught.value.remedy == "mark = lab.mark()"


def test_samples_by_slug(lab: Lab) -> None:
    assert lab.sample("ct-head").slug == "ct-head"
