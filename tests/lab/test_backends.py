"""Which back end is meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

import labkit
from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.lab import launch
from labkit.lab.backends import VARIABLE, chosen, ended, launched
from labkit.lab.containers import products, secrets, secure_up
from labkit.lab.containers.compose import Compose
from labkit.lab.containers.secrets import Secrets
from labkit.lab.containers.up import bring_down, bring_up
from labkit.lab.secure.mark import agree, is_secure
from labkit.lab.serve import supplied
from labkit.lab.workspace import Workspace


def test_without_a_word_the_lab_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert chosen() == "embedded"


def test_the_argument_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert chosen(" Embedded ") == "embedded"


def test_the_secure_lab_is_embedded_where_another_has_started_open_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "containers")
    monkeypatch.delenv("LABKIT_PRODUCTS", raising=False)
    assert chosen(secure=True) == "containers"
    monkeypatch.setenv("LABKIT_PRODUCTS", str(tmp_path / "products.json"))
    assert chosen() == "containers"
    assert chosen(secure=True) == "embedded"
    with pytest.raises(UsageError, match="open, and started by another"):
        launched("containers", Workspace.at(tmp_path / "lab"), secure=True)
    monkeypatch.setenv(VARIABLE, "own")
    assert chosen(secure=True) == "own", "which is refused"


def test_a_secure_lab_takes_no_products_from_its_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workbook's container names products for open labs."""
    named = tmp_path / "products.json"
    products.Products().write(named)
    monkeypatch.setenv("LABKIT_PRODUCTS", str(named))
    workspace = Workspace.at(tmp_path / "lab")
    workspace.prepare()
    assert supplied(workspace) is not None
    assert supplied(workspace, secure=True) is None
    products.Products().write(workspace.root / "products.json")
    with pytest.raises(LabError, match=r"products\.json of it is missing"):
        supplied(workspace, secure=True)


class Guarded(Compose):
    """Stands for guarded containers: what it was made with, and where they say they are."""

    made: ClassVar[list[Secrets]] = []
    taken = False

    def __init__(self, drawn: Secrets) -> None:
        self.made.append(drawn)

    def up(self, say: Callable[[str], None], *, patience: float = 0) -> None:
        if self.taken and len(self.made) == 1:
            raise PortTaken("Port 1 of this machine is taken.")

    def products(self) -> products.Products:
        return products.Products()


@pytest.mark.parametrize("taken", [False, True])
def test_secrets_are_drawn_once_and_again_where_a_port_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    monkeypatch.delenv("LABKIT_PRODUCTS", raising=False)
    monkeypatch.setattr(Guarded, "made", [])
    monkeypatch.setattr(Guarded, "taken", taken)
    workspace = Workspace.at(tmp_path / "lab")
    for _ in range(2):  # these are not the products that are guarded, so the lab does not begin
        with pytest.raises(LabError, match="and guarded are"):
            secure_up.bring_up(workspace, make=Guarded)
    assert is_secure(workspace)
    first, *_, last = Guarded.made
    assert len(Guarded.made) == 2 + taken
    assert (first == last) is not taken
    assert secrets.read(workspace.product_secrets) == last
    environment = last.environment
    assert environment["LABKIT_GUARDED"] == "true" and environment["LABKIT_GUARD_PASSWORD"]
    assert environment["LABKIT_ORTHANC_DICOM"] == "false"
    assert environment["LABKIT_DECISIONS_URL"].endswith(f":{last.decisions}/decide")


def test_the_folder_of_another_lab_is_not_put_before_guarded_products(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABKIT_PRODUCTS", raising=False)
    monkeypatch.setattr(Guarded, "made", [])
    embedded, opened = (Workspace.at(tmp_path / name) for name in ("embedded", "open"))
    for workspace in (embedded, opened):
        workspace.prepare()
    agree(embedded, secure=True)
    for workspace in (embedded, opened):
        (workspace.root / "nodes").mkdir()
    with pytest.raises(UsageError, match="holds an embedded secure lab"):
        secure_up.bring_up(embedded, make=Guarded)
    with pytest.raises(UsageError, match="holds an open lab"):
        secure_up.bring_up(opened, make=Guarded)
    assert not Guarded.made


def test_a_back_end_that_is_none_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "cloud")
    with pytest.raises(UsageError, match="no back end 'cloud'") as caught:
        labkit.open_lab()
    assert "embedded" in caught.value.remedy


def test_each_back_end_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_WORKSPACE", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Workspace.at().root.name == ".lab"
    assert Workspace.at(backend="containers").root.name == ".lab-containers"
    monkeypatch.setenv(VARIABLE, "containers")
    assert Workspace.at().root.name == ".lab-containers"
    assert Workspace.at("elsewhere").root.name == "elsewhere"


class Products:
    """Stands for the containers: what is asked of them, and where they say they are."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self.port = port

    def up(self, say: Callable[[str], None]) -> None:
        self.asked.append("up")

    def down(self) -> None:
        self.asked.append("down")

    def products(self) -> products.Products:
        return products.Products({"OTHER": products.Placed("other", "127.0.0.1", self.port)})


def test_on_containers_the_lab_starts_after_the_products_and_again_where_they_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABKIT_PRODUCTS", raising=False)
    workspace = Workspace.at(tmp_path / "lab")
    docker = Products(1)
    try:
        first = bring_up(workspace, make=lambda: docker)
        assert first.backend == "containers"
        assert bring_up(workspace, make=lambda: docker).pid == first.pid
        docker.port = 2
        assert bring_up(workspace, make=lambda: docker).pid != first.pid
        assert bring_down(workspace, make=lambda: docker)
        assert docker.asked == ["up", "up", "up", "down"]
    finally:
        launch.stop(workspace)


def test_without_docker_it_is_one_line_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABKIT_PRODUCTS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "containers").mkdir()
    (tmp_path / "docker-compose.yml").touch()
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.at(tmp_path / "lab")
    for act in (launched, ended):
        with pytest.raises(LabError, match="Docker is not installed") as caught:
            act("containers", workspace)
        assert "the embedded lab" in caught.value.remedy
