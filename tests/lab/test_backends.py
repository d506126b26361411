"""Which back end is meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import labkit
from labkit.common.errors import LabError, UsageError
from labkit.lab import launch
from labkit.lab.backends import VARIABLE, chosen, ended, launched
from labkit.lab.containers import products
from labkit.lab.containers.up import bring_down, bring_up
from labkit.lab.secure.mark import agree
from labkit.lab.serve import supplied
from labkit.lab.workspace import Workspace


def test_without_a_word_the_lab_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert chosen() == "embedded"


def test_the_argument_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert chosen(" Embedded ") == "embedded"


def test_where_only_the_variable_says_containers_the_secure_lab_is_embedded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "containers")
    assert chosen() == "containers"
    assert chosen(secure=True) == "embedded"
    assert chosen("containers", secure=True) == "containers", "which is then refused"
    monkeypatch.setenv(VARIABLE, "own")
    assert chosen(secure=True) == "own", "which is refused too"


@pytest.mark.parametrize("marked", [True, False])
def test_products_are_never_put_behind_the_doors_of_a_secure_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("nothing may start")

    monkeypatch.setattr("labkit.lab.containers.up.bring_up", started)
    workspace = Workspace.at(tmp_path / "lab")
    workspace.prepare()
    if marked:  # a secure folder, and nobody says so again
        agree(workspace, secure=True)
    with pytest.raises(UsageError, match="not every door of the products is guarded"):
        launched("containers", workspace, secure=not marked)


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
    with pytest.raises(LabError, match=r"has a products\.json"):
        supplied(workspace, secure=True)


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
