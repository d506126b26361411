import pytest

from labkit.common.errors import LabkitError
from labkit.dimse import Receiver
from labkit.lab.health import Health, NodeHealth, examine
from labkit.lab.nodes import Node

WELL = NodeHealth("ARCHIVE", "ARCHIVE", "PACS archive", "North General")
ILL = NodeHealth("FHIR", "", "FHIR R4 server", "shared", "does not answer.", "Start it.")


def test_it_is_true_when_all_is_well() -> None:
    assert Health((WELL,))
    assert not Health((WELL, ILL))
    assert Health((WELL, ILL))["FHIR"].problem == "does not answer."
    assert [row.name for row in Health((WELL, ILL))] == ["ARCHIVE", "FHIR"]


def test_the_table_reads_well_in_a_terminal() -> None:
    assert repr(Health((WELL, ILL))).splitlines() == [
        "node     AE title  role            site           state",
        "ARCHIVE  ARCHIVE   PACS archive    North General  healthy",
        "FHIR     –         FHIR R4 server  shared         NOT HEALTHY",
        "1 of 2 services not healthy: FHIR.",
        "FHIR: does not answer. -> Start it.",
    ]
    assert repr(Health((WELL,))).endswith("All 1 services are healthy.")


def test_the_table_in_a_notebook_is_escaped() -> None:
    nasty = NodeHealth("A", "A", "<b>", "x", "<script>", "y")
    page = Health((nasty,))._repr_html_()
    assert "<b>" not in page and "<script>" not in page and "&lt;script&gt;" in page


def test_plain_data() -> None:
    data = Health((WELL, ILL)).to_json()
    assert data["ARCHIVE"]["healthy"] is True
    assert data["FHIR"]["remedy"] == "Start it."


def test_a_node_that_answers_is_healthy_and_one_that_does_not_is_not() -> None:
    def fhir() -> None:
        raise LabkitError("has a headache.")

    with Receiver("WORKSTN") as receiver:
        there = Node("WORKSTN", receiver.peer.host, receiver.peer.port, role="workstation")
        health = examine({"WORKSTN": there}, fhir)
    assert health["WORKSTN"].healthy
    assert health["FHIR"].problem == "has a headache."
    gone = examine({"WORKSTN": there}, lambda: None)
    assert not gone["WORKSTN"].healthy
    assert 'lab.start_node("WORKSTN")' in gone["WORKSTN"].remedy
    assert gone["FHIR"].healthy


@pytest.mark.parametrize("words", ["127.0.0.1", "port"])
def test_no_address_is_shown(words: str) -> None:
    gone = Node("ARCHIVE", "127.0.0.1", 1, role="PACS archive", site="North General")
    health = examine({"ARCHIVE": gone}, lambda: None)
    assert words not in repr(health)


def test_a_node_shows_its_place_and_no_address() -> None:
    node = Node("ARCHIVE", "127.0.0.1", 11112, role="PACS archive", site="North General")
    assert repr(node) == "Node(ARCHIVE: PACS archive, North General)"
    assert repr(Node("ARCHIVE", "127.0.0.1", 11112)) == "Node(ARCHIVE)"


def test_one_cause_is_said_once() -> None:
    rows = [NodeHealth(n, n, "", "", "The lab is not running.", "Start it.") for n in "AB"]
    assert repr(Health(rows)).count("The lab is not running. -> Start it.") == 1
