"""When images are built, and when those that are here will do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.lab.containers import images
from labkit.lab.containers.compose import Compose
from labkit.lab.containers.engine import Finished

CONFIG = "services:\n  a:\n    image: labkit/orthanc:1.12.7\n  b:\n    image: labkit/dcmtk:3.6.9\n"


class Docker:
    """Stands for Docker with some images, labelled, in a place with or without a network."""

    def __init__(self, labels: Sequence[str] = (), *, network: bool = True) -> None:
        self.labels, self.network = labels, network
        self.built: list[str] = []

    def __call__(self, command: Sequence[str]) -> Finished:
        if "info" in command:
            return Finished(0, json.dumps({"ServerVersion": "28", "MemTotal": 8 << 30}), "")
        if "config" in command:
            return Finished(0, CONFIG, "")
        if "image" in command:
            assert command[-2:] == ["labkit/dcmtk:3.6.9", "labkit/orthanc:1.12.7"]
            return Finished(0 if self.labels else 1, "\n".join(self.labels) + "\n", "")
        if "build" in command:
            self.built.append(command[-1])
            return Finished(0, "", "") if self.network else Finished(1, "", "no network")
        return Finished(0, "", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "containers"
    labelled = f"FROM x\nLABEL {images.LABEL}=$SOURCE\n"
    files = {"a/Dockerfile": labelled, "a/target/x": "2", "certs/me.crt": "1", "b/Dockerfile": ""}
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(text.encode())
    return tmp_path


def up(folder: Path, docker: Docker) -> list[str]:
    said: list[str] = []
    Compose(folder, run=docker).up(said.append)
    return said


def test_what_images_are_made_of(folder: Path) -> None:
    before = images.source(folder / "containers")
    (folder / "containers/certs/me.crt").write_text("another")
    (folder / "containers/a/target/x").write_text("another")
    (folder / "containers/b/Dockerfile").write_text("FROM y")
    labelled = folder / "containers/a/Dockerfile"
    labelled.write_bytes(labelled.read_bytes().replace(b"\n", b"\r\n"))
    assert images.source(folder / "containers") == before
    (folder / "containers/a/more").write_text("new")
    assert images.source(folder / "containers") != before


def test_images_of_this_repository_are_not_built_again(folder: Path) -> None:
    made_of = images.source(folder / "containers")
    docker = Docker([made_of, made_of])
    assert up(folder, docker) == ["Starting the containers …"]
    assert docker.built == []


@pytest.mark.parametrize("labels", [[], ["older", "older"], ["{made_of}", "older"], ["", ""]])
def test_missing_and_older_ones_are_built(folder: Path, labels: list[str]) -> None:
    made_of = images.source(folder / "containers")
    docker = Docker([label.format(made_of=made_of) for label in labels])
    assert up(folder, docker)[0].startswith("Building the images")
    assert docker.built == [f"SOURCE={made_of}"]


def test_without_a_network_those_that_were_loaded_will_do(folder: Path) -> None:
    said = up(folder, Docker(["older", "older"], network=False))
    assert "cannot be built: no network; those that are here will do" in said[1]
    with pytest.raises(LabError, match="cannot be built: no network"):
        up(folder, Docker(network=False))
