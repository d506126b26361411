"""The secure lab on products, from this machine: `python3 lab.py test containers` runs it.

It needs an engine and built images; without the variable ``LABKIT_CONTAINERS`` it is skipped.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import httpx
import pytest

from labkit.access.decisions import KEY
from labkit.dicom import samples
from labkit.dimse import find, identifier, store
from labkit.exercises.notebooks import run
from labkit.lab import launch
from labkit.lab.containers import products, secrets
from labkit.lab.containers.products import Products
from labkit.lab.containers.secrets import Secrets
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.secure.facets import SecureLab
from labkit.lab.workspace import Workspace
from tests.containers.test_from_host import ROOT, docker, inspected
from tests.notebooks.test_notebooks import HOME, compared

SERVICES = {"archive", "workstn", "fhir", "auth"}
ON_IT = ("advanced/08_oauth_smart.ipynb", "advanced/11_audit.ipynb")
"""The notebooks that open the secure lab."""
DENIED = "ct-chest"
pytestmark = [
    pytest.mark.skipif(not os.environ.get("LABKIT_CONTAINERS"), reason="lab.py test containers"),
    pytest.mark.timeout(900),
]


def labkit(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The folder of one secure lab on containers, started as a learner does."""
    folder = tmp_path_factory.mktemp("host") / "lab-secure"
    named = ("--backend", "containers", "--secure", "--workspace", str(folder))
    done = labkit("up", *named, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["backend"] == "containers"
    yield Workspace.at(folder)
    down = labkit("down", *named, "--json")
    assert json.loads(down.stdout) == {"ended": True}, down.stderr
    assert not SERVICES & set(inspected())


@pytest.fixture
def lab(workspace: Workspace) -> SecureLab:
    return cast("SecureLab", EmbeddedLab.joined(workspace))


@pytest.fixture
def fresh(lab: SecureLab) -> SecureLab:
    """It, in its first state."""
    lab.reset()
    return lab


@pytest.fixture
def placed(workspace: Workspace) -> Products:
    found = products.read(workspace.root / "products.json")
    assert found is not None
    return found


@pytest.fixture
def shared(workspace: Workspace) -> Secrets:
    found = secrets.read(workspace.product_secrets)
    assert found is not None
    return found


def test_what_runs_is_guarded_and_on_loopback(workspace: Workspace, shared: Secrets) -> None:
    there = inspected()
    assert set(there) == SERVICES, "what nothing guards is not started"
    for about in there.values():
        for binding in about["HostConfig"]["PortBindings"].values():
            assert {entry["HostIp"] for entry in binding} == {"127.0.0.1"}
    assert stat.S_IMODE(workspace.product_secrets.stat().st_mode) == 0o600
    said = (workspace.root / "lab.json").read_text() + (
        workspace.root / "products.json"
    ).read_text()
    assert shared.key not in said and shared.password not in said


def test_nobody_reaches_orthanc_past_its_guard(lab: SecureLab, placed: Products) -> None:
    for name in ("ARCHIVE", "WORKSTN"):
        product = placed.placed[name]
        for path in ("system", "instances", "dicom-web/studies", "wado"):
            answer = httpx.get(f"{product.admin}/{path}", trust_env=False)
            assert answer.status_code == 401, (name, path)
        with socket.create_connection((product.host, product.port), timeout=5) as dimse:
            dimse.settimeout(5)
            dimse.sendall(b"\x01\x00\x00\x00\x00\x04\x00\x01\x00\x00")
            with suppress(ConnectionError):
                assert dimse.recv(1) == b"", "nobody listens there inside"


def test_hapi_asks_about_whoever_comes_by_itself(
    lab: SecureLab, placed: Products, shared: Secrets
) -> None:
    base = placed.placed["FHIR"].admin
    one = f"{base}/ImagingStudy/{DENIED}"
    with httpx.Client(trust_env=False, timeout=30) as http:
        assert http.get(one).status_code == 403
        assert http.get(one, headers={KEY: "not the key of this lab"}).status_code == 403
        assert http.get(one, headers={"Authorization": "Bearer made-up"}).status_code == 403
        theirs = lab.auth.token("lakeside-viewer", scope="user/*.rs", user="parsnipper")
        assert http.get(one, headers={"Authorization": f"Bearer {theirs}"}).status_code == 404
        ours = {"Authorization": f"Bearer {lab.auth.token()}"}
        assert http.get(one, headers=ours).status_code == 200
        # The key opens HAPI at its own port, which is the lab's: never by the door.
        at_door = http.get(f"{lab.fhir.url}/ImagingStudy/{DENIED}", headers={KEY: shared.key})
        assert at_door.status_code == 401


def test_what_is_stored_is_in_orthanc_and_what_is_denied_is_not_found(
    fresh: SecureLab, placed: Products, shared: Secrets
) -> None:
    lab, study = fresh, samples.sample("dx-hand")
    assert store(lab.workstn, study.files)
    asked = {"auth": ("labkit", shared.password), "trust_env": False}
    held = httpx.get(f"{placed.placed['WORKSTN'].admin}/instances", **asked).json()  # type: ignore[arg-type]
    assert len(held) == len(study.files)
    keys = identifier("STUDY", StudyInstanceUID=samples.sample(DENIED).study_uid)
    assert len(list(find(lab.archive, keys))) == 1, "North General may"
    with httpx.Client(trust_env=False, timeout=30) as http:
        for client, user, found in (("workbook", None, 1), ("lakeside-viewer", "parsnipper", 0)):
            token = lab.auth.token(client, scope="user/*.rs", user=user)
            url = f"{lab.dicomweb.url}/studies"
            told = http.get(
                url, params={"StudyInstanceUID": samples.sample(DENIED).study_uid},
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
            assert len(told.json() if told.content else []) == found, client


def test_without_the_labs_process_the_products_refuse(
    lab: SecureLab, workspace: Workspace, placed: Products
) -> None:
    ours = {"Authorization": f"Bearer {lab.auth.token()}"}
    one = f"{placed.placed['FHIR'].admin}/ImagingStudy/{DENIED}"
    assert httpx.get(one, headers=ours, trust_env=False, timeout=30).status_code == 200
    assert launch.stop(workspace)
    assert httpx.get(one, headers=ours, trust_env=False, timeout=30).status_code == 403
    folder = str(workspace.root)
    again = labkit("up", "--backend", "containers", "--secure", "--workspace", folder)
    assert again.returncode == 0, again.stderr
    assert httpx.get(one, headers=ours, trust_env=False, timeout=30).status_code == 200


def test_an_open_product_is_not_served(lab: SecureLab, workspace: Workspace) -> None:
    """Somebody starts Orthanc again without its guard: the lab does not begin before it."""
    assert launch.stop(workspace)
    name = inspected()["workstn"]["Name"].lstrip("/")
    image = inspected()["workstn"]["Config"]["Image"]
    found = products.read(workspace.root / "products.json")
    assert found is not None
    port = found.placed["WORKSTN"].admin.rpartition(":")[2]
    docker("stop", name)
    docker(
        "run", "-d", "--rm", "--name", f"{name}-open", "-e", "AE_TITLE=WORKSTN",
        "-p", f"127.0.0.1:{port}:8042", image,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/system", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        with pytest.raises(Exception, match="not guarded"):
            launch.start(workspace, secure=True)
    finally:
        docker("stop", f"{name}-open")
        docker("start", name)
    folder = str(workspace.root)
    again = labkit("up", "--backend", "containers", "--secure", "--workspace", folder)
    assert again.returncode == 0, again.stderr


def test_no_attempt_to_get_round_succeeds(lab: SecureLab, workspace: Workspace) -> None:
    named = ("--backend", "containers", "--workspace", str(workspace.root))
    done = labkit("bypass", *named, "--json")
    tried = json.loads(done.stdout)
    assert len(tried) > 190, done.stderr
    assert [each["name"] for each in tried if each["succeeded"]] == []


@pytest.fixture
def environment(fresh: SecureLab) -> dict[str, str]:
    """Of a learner whose secure lab this one is."""
    root = str(fresh.workspace)
    return {
        **{k: v for k, v in os.environ.items() if k != "LABKIT_ANSWERS"},
        "LABKIT_BACKEND": "containers",
        "LABKIT_WORKSPACE": root.removesuffix("-secure"),
        "LABKIT_LEARNER": "learner",
    }


@pytest.mark.parametrize("name", ON_IT)
def test_notebook(name: str, environment: dict[str, str]) -> None:
    if said := compared(HOME / name, environment):
        raise AssertionError(said[-6000:])


@pytest.mark.parametrize("name", ON_IT)
def test_notebook_solved(name: str, environment: dict[str, str]) -> None:
    run(HOME / name, reference=True, environment=environment)
