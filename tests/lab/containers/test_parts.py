"""The small parts: PDUs in a stream, the products file, callbacks of Subscriptions, the engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.dimse import Peer
from labkit.lab.containers import compose, products
from labkit.lab.containers.compose import Compose
from labkit.lab.containers.engine import Finished, compose_command
from labkit.lab.containers.hapi import callbacks
from labkit.lab.containers.pdus import PduSplitter
from labkit.lab.containers.porch import Porch
from labkit.lab.containers.products import Placed, Products
from labkit.lab.containers.supply import Supply
from tests.effort import effort

PDU = st.builds(
    lambda kind, body: bytes((kind, 0)) + len(body).to_bytes(4, "big") + body,
    st.integers(1, 7),
    st.binary(max_size=300),
)


@settings(max_examples=effort(50, 2000), deadline=None)
@given(st.lists(PDU, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_pdus_are_found_however_the_stream_is_cut(pdus: list[bytes], sizes: list[int]) -> None:
    seen: list[tuple[bytes, int]] = []
    splitter = PduSplitter(lambda data, length: seen.append((data, length)))
    stream, at, turn = b"".join(pdus), 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        splitter.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert seen == [(pdu, len(pdu)) for pdu in pdus]
    assert splitter.count == len(pdus)


def test_the_products_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "products.json"
    assert products.read(path) is None
    made = compose.inside("workbook")
    made.write(path)
    assert products.read(path) == made
    assert made.placed["ARCHIVE"] == Placed(
        "orthanc", "archive", 4242, "http://archive:8042", ("archive", 4242)
    )


@pytest.mark.parametrize("text", ["", "[]", '{"format": "x"}', '{"format": "labkit-products/1"}'])
def test_a_damaged_products_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "products.json"
    path.write_text(text)
    with pytest.raises(LabError, match=r"products\.json cannot be used"):
        products.read(path)


def test_callbacks_are_the_loopback_ports_of_subscriptions() -> None:
    def subscription(endpoint: object) -> dict[str, object]:
        return {"resourceType": "Subscription", "channel": {"endpoint": endpoint}}

    one = subscription("http://127.0.0.1:4711/hook")
    other = subscription("https://hospital.example:4712/hook")
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one}, {"resource": other}, 3]}
    assert list(callbacks(json.dumps(one).encode())) == [4711]
    assert list(callbacks(json.dumps(bundle).encode())) == [4711]
    for odd in (b"Subscription", b"[1]", json.dumps(subscription(7)).encode()):
        assert list(callbacks(odd)) == []


def test_a_porch_without_a_name_opens_nothing() -> None:
    assert Porch("").open(104) is None


def test_what_a_product_cannot_be_set_to_is_refused_by_name() -> None:
    supply = Supply(Products({"ARCHIVE": Placed("orthanc", "h", 1, "http://h:2")}))
    supply.check("ARCHIVE", {"firewall": "drop"})
    supply.check("ROUTER", {"rules": ""})
    with pytest.raises(UsageError, match="ARCHIVE is orthanc in a container here: room cannot"):
        supply.check("ARCHIVE", {"firewall": "drop", "room": 0})
    with pytest.raises(UsageError, match="cannot reach MYBOX"):
        supply.refuse_unreachable("MYBOX", "127.0.0.1")
    supply.refuse_unreachable("MYBOX", "192.0.2.7")
    supply.close()


def test_a_destination_is_told_as_the_products_reach_it() -> None:
    placed = {"WORKSTN": Placed("orthanc", "127.0.0.1", 4, "http://h:2", ("workstn", 4242))}
    supply = Supply(Products(placed))
    at = supply._from_inside
    assert at("WORKSTN", Peer("WORKSTN", "127.0.0.1", 99)) == ("workstn", 4242)
    assert at("ROUTER", Peer("ROUTER", "127.0.0.1", 99)) is None
    assert at("FAR", Peer("FAR", "192.0.2.7", 104)) == ("192.0.2.7", 104)
    supply.close()


class Docker:
    """Stands for the command line of Docker: what it would print, by the words in the command."""

    def __init__(self, **answers: Finished) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    def __call__(self, command: Sequence[str]) -> Finished:
        self.asked.append(list(command))
        return next((self.answers[w] for w in command if w in self.answers), Finished(0, "", ""))


def about(**more: object) -> Finished:
    return Finished(0, json.dumps({"ServerVersion": "20.10", "MemTotal": 8 << 30, **more}), "")


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (Finished(1, "", "Cannot connect to the Docker daemon"), "No Docker engine answers"),
        (Finished(0, '{"ServerErrors": ["dial: permission denied"]}', ""), "This user may not"),
        (about(MemTotal=1 << 30), "1.0 GB of memory; the lab needs 3 GB"),
        (Finished(0, "rubbish", ""), "No Docker engine answers"),
    ],
)
def test_an_engine_that_cannot_be_used_is_one_clear_line(info: Finished, said: str) -> None:
    with pytest.raises(LabError, match=said) as caught:
        compose_command(Docker(info=info), which=lambda name: name)
    assert "labkit up" in caught.value.remedy


def test_no_docker_and_no_compose() -> None:
    with pytest.raises(LabError, match="Docker is not installed"):
        compose_command(Docker(), which=lambda name: None)
    with pytest.raises(LabError, match="docker compose is not"):
        compose_command(Docker(info=about(), version=Finished(1, "", "")), which=lambda name: name)


def test_the_old_compose_is_taken_where_there_is_no_other() -> None:
    def docker(command: Sequence[str]) -> Finished:
        if "info" in command:
            return about()
        return Finished(0 if command[0] == "docker-compose" else 1, "", "")

    assert compose_command(docker, which=lambda name: name) == ["docker-compose"]


def test_a_taken_port_is_told_by_its_number(tmp_path: Path) -> None:
    for words in (
        "Bind for 127.0.0.1:8042 failed: port is already allocated",
        "listen tcp4 127.0.0.1:8042: bind: address already in use",
    ):
        docker = Docker(info=about(), up=Finished(1, "", f"Error response from daemon: {words}"))
        with pytest.raises(PortTaken, match="Port 8042 of this machine is taken"):
            Compose(tmp_path, run=docker).up(lambda text: None)


def test_a_build_that_fails_shows_its_last_words(tmp_path: Path) -> None:
    failed = Finished(1, "", "step 1\nE: Unable to fetch some archives")
    docker = Docker(info=about(), build=failed, image=Finished(1, "", "No such image"))
    with pytest.raises(LabError, match=r"cannot be built: .*Unable to fetch"):
        Compose(tmp_path, run=docker).up(lambda text: None)


def test_it_waits_until_all_are_healthy_or_says_who_is_not(tmp_path: Path) -> None:
    def state(health: str) -> Finished:
        labels = {"com.docker.compose.service": "fhir"}
        row = {"Name": "x", "State": {"Status": "running", "Health": {"Status": health}}}
        return Finished(0, json.dumps([{**row, "Config": {"Labels": labels}}]), "")

    ids = Finished(0, "abc\n", "")
    said: list[str] = []
    well = Docker(info=about(), ps=ids, inspect=state("healthy"))
    Compose(tmp_path, run=well).up(said.append)
    assert said == [
        "Building the images (the first time takes minutes) …",
        "Starting the containers …",
    ]
    ill = Docker(info=about(), ps=ids, inspect=state("starting"))
    with pytest.raises(LabError, match="Not healthy after 0 seconds: fhir: starting"):
        Compose(tmp_path, run=ill).up(said.append, patience=0)


def test_published_ports_become_the_products(tmp_path: Path) -> None:
    docker = Docker(info=about(), port=Finished(0, "127.0.0.1:50123\n", ""))
    found = Compose(tmp_path, run=docker).products()
    assert found.callback == ""
    assert found.placed["LEGACY"].port == 50123
    assert found.placed["LEGACY"].inside == ("legacy", 11112)
    nothing = Docker(info=about(), port=Finished(0, "\n", ""))
    with pytest.raises(LabError, match="publishes no port"):
        Compose(tmp_path, run=nothing).products()
