"""The guard before a real Orthanc: what it keeps is seen through the guard, or not at all.

Orthanc runs with ``containers/orthanc/orthanc.json``, guarded as the containers have it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from starlette.testclient import TestClient

from labkit.common.access import AccessRequest, Decision
from labkit.common.errors import LabError
from labkit.dicom import real_file
from labkit.dimse import Peer, Receiver, StoreResult, echo, find, identifier, move, store
from labkit.lab.containers.guard import Guard, PassedOn
from labkit.lab.containers.mirror import Mirror
from labkit.lab.containers.orthanc import USER, Orthanc
from labkit.pacs import Destinations, EventLog
from labkit.pacs.part10 import read_object
from tests.contract.pacs.servers import find_program, free_port

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(find_program("Orthanc") is None, reason="needs Orthanc"),
]
CONFIG = Path(__file__).resolve().parents[3] / "containers/orthanc"
PASSWORD = "a password of this test"
OPEN, SHUT = "CT_small", "MR_small"


@dataclass
class Switch:
    """Denies studies by their UIDs."""

    denied: set[str] = field(default_factory=set)

    def decide(self, request: AccessRequest) -> Decision:
        shut = request.resource.get("StudyInstanceUID", "") in self.denied
        return Decision(not shut, "the patient denies it" if shut else "the patient agrees")


@dataclass
class Running:
    guard: Guard
    peer: Peer
    web: TestClient
    switch: Switch
    product: Orthanc
    url: str
    dicom_port: int
    process: subprocess.Popen[bytes]
    destinations: Destinations


def configured(folder: Path, dicom: int, web: int) -> Path:
    """The containers' own settings, with this machine's folders and ports."""
    text = (CONFIG / "orthanc.json").read_text(encoding="utf-8")
    for before, after in {
        '"/data"': f'"{folder / "db"}"',
        "/etc/labkit/rejection.lua": str(CONFIG / "rejection.lua"),
        "4242": str(dicom),
        "8042": str(web),
        '"Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"]': '"Plugins": []',
    }.items():
        assert before in text
        text = text.replace(before, after)
    path = folder / "orthanc.json"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def orthanc(folder: Path, dicom: int, web: int, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    program = find_program("Orthanc")
    assert program is not None
    command = [program, str(configured(folder, dicom, web))]
    with (folder / "output.txt").open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "AE_TITLE": "ARCHIVE", **env}
        )
    try:
        limit = time.monotonic() + 30
        while not listens(web):
            assert process.poll() is None and time.monotonic() < limit, "Orthanc did not start"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    dicom, web = free_port(), free_port()
    url = f"http://127.0.0.1:{web}"
    guarded = {"GUARDED": "true", "GUARD_PASSWORD": PASSWORD, "DICOM_SERVER": "false"}
    with orthanc(tmp_path, dicom, web, **guarded) as process:
        product = Orthanc("ARCHIVE", url, PASSWORD)
        product.fill([real_file(OPEN), real_file(SHUT)])
        mirror = Mirror(tmp_path / "mirror", product)
        switch, destinations = Switch(), Destinations()
        guard = Guard(
            "ARCHIVE", mirror, switch,
            destinations=destinations, log=EventLog(tmp_path / "guard.log"),
        )  # fmt: skip
        peer = Peer("ARCHIVE", "127.0.0.1", guard.start())
        try:
            web_client = TestClient(guard.web("http://testserver"))
            yield Running(
                guard, peer, web_client, switch, product, url, dicom, process, destinations
            )
        finally:
            guard.stop()
            mirror.close()
            product.close()


def study_of(name: str) -> str:
    return str(dcmread(real_file(name)).StudyInstanceUID)


def changed(name: str, folder: Path, **elements: str) -> Path:
    ds = dcmread(real_file(name))
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    path = folder / f"{generate_uid()}.dcm"
    ds.save_as(path)
    return path


def studies(peer: Peer) -> set[str]:
    asked = identifier("STUDY", StudyInstanceUID="")
    return {str(ds.StudyInstanceUID) for ds in find(peer, asked)}


def status(result: StoreResult) -> int:
    (one,) = result.items
    return one.status.code if one.status is not None else -1


def test_nobody_reaches_the_product_past_the_guard(running: Running) -> None:
    assert not listens(running.dicom_port), "its DICOM port is shut"
    for auth in (None, (USER, ""), (USER, "guessed"), ("orthanc", "orthanc")):
        for path in ("/system", "/studies", "/instances", "/tools/find", "/changes"):
            answer = httpx.get(running.url + path, auth=auth, trust_env=False)
            assert answer.status_code == 401, path


@pytest.mark.skipif(sys.platform == "win32", reason="bash of the image")
@pytest.mark.parametrize(
    ("env", "starts"),
    [
        ({}, True),
        ({"GUARDED": "false"}, True),
        ({"GUARDED": "true"}, False),
        ({"GUARDED": "true", "GUARD_PASSWORD": PASSWORD}, False),
        ({"GUARDED": "true", "GUARD_PASSWORD": "", "DICOM_SERVER": "false"}, False),
        ({"GUARDED": "yes", "GUARD_PASSWORD": PASSWORD, "DICOM_SERVER": "true"}, False),
        ({"GUARDED": "true", "GUARD_PASSWORD": PASSWORD, "DICOM_SERVER": "false"}, True),
    ],
)
def test_the_image_does_not_start_half_guarded(
    tmp_path: Path, env: dict[str, str], starts: bool
) -> None:
    """Orthanc itself would take an empty password."""
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", (CONFIG / "Dockerfile").read_text(), re.MULTILINE)
    program = tmp_path / "Orthanc"
    program.write_text("#!/bin/sh\necho started\n")
    program.chmod(0o755)
    done = subprocess.run(
        json.loads(entry), env={**env, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == (("started", 0) if starts else ("", 2))


def test_what_is_denied_is_in_no_answer(running: Running) -> None:
    running.switch.denied = {study_of(SHUT)}
    assert studies(running.peer) == {study_of(OPEN)}
    found = running.web.get("/studies").json()
    assert [one["0020000D"]["Value"] for one in found] == [[study_of(OPEN)]]
    for level in ("", "/series", "/instances", "/metadata", "/rendered"):
        assert running.web.get(f"/studies/{study_of(SHUT)}{level}").status_code in (204, 403, 404)
    assert running.web.get(f"/studies/{study_of(OPEN)}").status_code == 200


def test_a_withdrawn_consent_holds_for_the_next_request(running: Running) -> None:
    where = f"/studies/{study_of(OPEN)}"
    assert running.web.get(where).status_code == 200
    assert len(studies(running.peer)) == 2
    running.switch.denied = {study_of(OPEN)}
    assert running.web.get(where).status_code in (403, 404)
    assert studies(running.peer) == {study_of(SHUT)}


def test_what_is_denied_is_not_moved(running: Running) -> None:
    running.switch.denied = {study_of(SHUT)}
    with Receiver("LEARNER") as receiver:
        running.destinations.add("LEARNER", "127.0.0.1", receiver.peer.port)
        for name in (SHUT, OPEN):
            asked = identifier("STUDY", StudyInstanceUID=study_of(name))
            move(running.peer, asked, destination="LEARNER")
        came = {str(ds.StudyInstanceUID) for ds in receiver.received}
    assert came == {study_of(OPEN)}


def test_what_is_stored_is_kept_by_the_product(running: Running, tmp_path: Path) -> None:
    by_dimse = changed(OPEN, tmp_path, SOPInstanceUID=generate_uid())
    by_web = changed(OPEN, tmp_path, SOPInstanceUID=generate_uid())
    assert status(store(running.peer, [by_dimse])) == 0x0000
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + by_web.read_bytes() + b"\r\n--x--"
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}
    assert running.web.post("/studies", content=body, headers=kind).status_code == 200
    kept = {one.uid for one in running.product.kept()}
    for path in (by_dimse, by_web):
        assert str(dcmread(path).SOPInstanceUID) in kept
        where = f"/studies/{study_of(OPEN)}/instances?SOPInstanceUID={dcmread(path).SOPInstanceUID}"
        assert len(running.web.get(where).json()) == 1
    assert status(store(running.peer, [by_dimse])) == 0x0000, "the same again is no error"
    assert len(running.product.kept()) == len(kept)


def test_another_object_of_a_uid_is_refused_where_orthanc_would_drop_it(
    running: Running, tmp_path: Path
) -> None:
    twin = changed(OPEN, tmp_path, ImageComments="another object")
    assert status(store(running.peer, [twin])) == 0x0111


def test_what_is_denied_is_not_stored(running: Running, tmp_path: Path) -> None:
    running.switch.denied = {study_of(SHUT)}
    before = len(running.product.kept())
    path = changed(SHUT, tmp_path, SOPInstanceUID=generate_uid())
    assert status(store(running.peer, [path])) == 0x0124
    assert len(running.product.kept()) == before


def test_without_a_policy_nothing_is_shown_and_nothing_taken(
    running: Running, tmp_path: Path
) -> None:
    mirror = Mirror(tmp_path / "second", running.product)
    guard = Guard("ARCHIVE", mirror)
    try:
        peer = Peer("ARCHIVE", "127.0.0.1", guard.start())
        assert echo(peer).status.code in (0x0000, 0x0124)
        assert list(find(peer, identifier("STUDY", StudyInstanceUID=""))) == []
        assert TestClient(guard.web("http://testserver")).get("/studies").status_code == 403
    finally:
        guard.stop()
        mirror.close()


def test_where_the_product_is_gone_nothing_is_said_to_be_stored(
    running: Running, tmp_path: Path
) -> None:
    running.process.terminate()
    running.process.wait(20)
    path = changed(OPEN, tmp_path, SOPInstanceUID=generate_uid())
    assert status(store(running.peer, [path])) == 0xA700
    with pytest.raises(LabError, match="does not answer"):
        Guard("ARCHIVE", Mirror(tmp_path / "late", running.product)).start()


def test_a_product_that_drops_what_it_took_is_found_out(tmp_path: Path) -> None:
    class Dropping:
        def kept(self) -> list[object]:
            return []

        def fill(self, files: object) -> None:
            pass

    mirror = Mirror(tmp_path / "mirror", Dropping())  # type: ignore[arg-type]
    try:
        meta, data = read_object(real_file(OPEN))
        with pytest.raises(OSError, match="does not have"):
            PassedOn(mirror).add(data, transfer_syntax=meta.transfer_syntax)
        assert list(mirror.stored()) == []
    finally:
        mirror.close()
