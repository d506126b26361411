"""docker-compose.yml and the Dockerfiles: what must hold before anything is built."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labkit.lab.containers import compose

ROOT = Path(__file__).resolve().parents[2]
DATA: dict[str, Any] = yaml.safe_load((ROOT / compose.FILE).read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = DATA["services"]
DOCKERFILES = sorted((ROOT / "containers").glob("*/Dockerfile"))
PROFILES = (
    "core", "secure", "security", "viewer", "proxy", "workbook", "full", "hub", "tests",
    "dcm4chee",
)  # fmt: skip
PORT = re.compile(r"127\.0\.0\.1:\$\{(LABKIT_PORT_[A-Z0-9_]+):-(\d+)\}:(\d+)")


def published() -> Iterator[tuple[str, re.Match[str] | None]]:
    for name, service in SERVICES.items():
        for port in service.get("ports", ()):
            yield f"{name}: {port}", PORT.fullmatch(str(port))


def test_every_port_is_on_loopback_and_can_be_chosen() -> None:
    assert [name for name, match in published() if match is None] == []


def test_no_two_ports_are_the_same() -> None:
    matches = [match for _, match in published() if match is not None]
    for group in (1, 2):
        taken = [match[group] for match in matches]
        assert len(set(taken)) == len(taken)


def test_every_image_has_a_version() -> None:
    for name, service in SERVICES.items():
        _, _, tag = service["image"].partition(":")
        assert re.match(r"\d", tag), f"{name}: {service['image']}"


def test_what_a_service_may_take_is_limited() -> None:
    assert [name for name, service in SERVICES.items() if "mem_limit" not in service] == []
    assert [name for name, service in SERVICES.items() if service.get("privileged")] == []


def test_every_service_is_of_a_profile() -> None:
    asked = {profile for service in SERVICES.values() for profile in service["profiles"]}
    assert asked == set(PROFILES)
    for name, service in SERVICES.items():
        everything = service["profiles"] not in (["tests"], ["dcm4chee"], ["hub"])
        assert ("full" in service["profiles"]) == everything, name


def test_of_a_secure_lab_only_what_is_guarded_is_started() -> None:
    placed = {compose.SERVED[node][0] for node in compose.GUARDED} | {"fhir", "auth"}
    assert {n for n, service in SERVICES.items() if compose.SECURE in service["profiles"]} == placed
    for name in placed - {"fhir", "auth"}:
        said = SERVICES[name]["environment"]
        assert {"GUARDED", "GUARD_PASSWORD", "DICOM_SERVER"} <= set(said)
    assert {"DECISIONS_URL", "DECISIONS_KEY"} <= set(SERVICES["fhir"]["environment"])


def test_no_version_of_the_file_is_named() -> None:
    """Either docker compose then takes it for the newest kind; version 2 warns of any other."""
    assert "version" not in DATA


def test_volumes_are_named_and_used() -> None:
    used = {
        mount.partition(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", ())
        if not mount.startswith(".")
    }
    assert used == set(DATA["volumes"])


def test_the_subnet_can_be_chosen() -> None:
    (network,) = DATA["networks"].values()
    (config,) = network["ipam"]["config"]
    assert re.fullmatch(r"\$\{LABKIT_SUBNET:-[\d./]+\}", config["subnet"])


def test_the_lab_knows_the_ports_inside() -> None:
    targets = {
        (name, int(match[3]))
        for name, service in SERVICES.items()
        for port in service.get("ports", ())
        if (match := PORT.fullmatch(str(port)))
    }
    for service, _, port, admin in compose.SERVED.values():
        assert {(service, port), (service, admin)} <= targets
        assert {"core", "full"} <= set(SERVICES[service]["profiles"])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_a_dockerfile(path: Path) -> None:
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    stages: set[str] = set()
    user = ""
    for words in filter(None, lines):
        if words[0] == "FROM":
            assert words[1] in {"debian:trixie-slim", *stages}, "built from Debian, or on a stage"
            stages.update(words[3:4])
            user = user if words[1] in stages else ""
        elif words[0] == "USER":
            user = words[1]
    # The hub starts servers as other accounts; the test below says what it may do besides: nothing.
    assert (user in ("", "root", "0")) == (path.parent.name == "hub"), "nothing else runs as root"
    text = path.read_text(encoding="utf-8")
    assert "HEALTHCHECK" in text
    assert "# syntax=" not in text, "BuildKit would pull that image"
    for install in re.findall(r"apt-get install[^&]*", text):
        assert "--no-install-recommends" in install
    assert "COPY certs/" in text or "COPY containers/certs/" in text


def test_what_root_may_do_in_the_hub_is_named() -> None:
    hub = SERVICES["hub"]
    assert hub["cap_drop"] == ["ALL"]
    assert hub["cap_add"] == ["CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID"]
    assert hub["security_opt"] == ["no-new-privileges:true"]
    assert hub["volumes"] == ["workshop:/workshop"], "no socket, and nothing of the host"
    assert "networks" not in hub, "learners do not meet the products of a network that trusts"


def beginning(folder: str, last: str) -> list[str]:
    """Return the instructions of the last stage of an image, up to one that begins so."""
    lines = (ROOT / f"containers/{folder}/Dockerfile").read_text(encoding="utf-8").splitlines()
    said = "\n".join(line for line in lines if not line.startswith("#"))
    stage = [line.partition(" AS ")[0] for line in said.replace(" \\\n", "").splitlines() if line]
    end = next(at for at, line in enumerate(stage) if line.startswith(last))
    start = max(at for at, line in enumerate(stage[:end]) if line.startswith("FROM"))
    return stage[start : end + 1]


def test_the_hub_is_made_of_layers_that_others_have() -> None:
    """An engine makes a layer once, if all instructions before it are the same."""
    for other, last in (
        ("workbook", "RUN /venv/bin/pip install --require"),
        ("viewer", "ENV NODE"),
    ):
        assert beginning("hub", last) == beginning(other, last)
        assert SERVICES["hub"]["build"]["context"] == SERVICES[other]["build"]["context"]


def test_no_certificate_is_kept_in_the_repository() -> None:
    assert (ROOT / "containers/certs/.gitignore").read_text().split() == ["*.crt"]


def composes() -> list[list[str]]:
    found = []
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version"], capture_output=True, check=False)
            found += [command] if done.returncode == 0 else []
    return found


@pytest.mark.peers
@pytest.mark.parametrize("profile", PROFILES)
def test_compose_reads_it(profile: str) -> None:
    """Needs docker compose, and no engine."""
    commands = composes()
    if not commands:
        pytest.skip("no docker compose on this machine")
    for command in commands:
        done = subprocess.run(
            [*command, "-f", str(ROOT / compose.FILE), "--profile", profile, "config"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        shown = yaml.safe_load(done.stdout)["services"]
        assert {n for n, s in SERVICES.items() if profile in s["profiles"]} <= set(shown)
