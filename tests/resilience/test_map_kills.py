"""``labkit map`` killed with -9 at any moment: what it ends with is what it makes undisturbed.

Byte for byte in a file; on a server each study once more at most than it was acknowledged.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmwrite
from typer.testing import CliRunner

from labkit.common import ALLOW_ALL
from labkit.common.errors import UsageError
from labkit.common.serving import HOST, HttpService
from labkit.fhir import FhirStore, fhir_app
from labkit.fhir.mapping.commands import map_app
from tests.effort import dice, effort, record
from tests.resilience.ledger import made

KILLS = effort(1, 40)
STUDIES = 60
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
    pytest.mark.timeout(300 + KILLS * 60),
]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Studies of a few patients: two of a patient share its resource."""
    folder, rng = tmp_path / "images", dice("map kills images")
    folder.mkdir()
    for number in range(STUDIES):
        ds = made(rng, f"1.2.9.12.{number}.1.1")
        ds.StudyInstanceUID, ds.SeriesInstanceUID = f"1.2.9.12.{number}", f"1.2.9.12.{number}.1"
        ds.PatientID = f"P{number % 7}"
        dcmwrite(folder / f"{number:03d}.dcm", ds)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[FhirStore, str]]:
    store, service = FhirStore(tmp_path / "fhir.sqlite"), HttpService("fhir")
    url = f"http://{HOST}:{service.bind()}"
    service.start(fhir_app(store, ALLOW_ALL, base_url=url))
    yield store, url
    service.stop()
    store.close()


def mapping(images: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "labkit", "map", str(images), *more]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def whole(images: Path, *more: str) -> None:
    """Map to the end, in this process: a start costs a second."""
    said = CliRunner().invoke(map_app, [str(images), *more])
    assert said.exit_code == 0, said.output


def noted(state: Path) -> int:
    return state.read_bytes().count(b"\n") if state.exists() else 0


def killed(images: Path, state: Path, *more: str) -> int:
    """Begin, and kill somewhere after the first studies of this run; how many were noted."""
    rng = dice(f"map kills {noted(state)}")
    wanted, deadline = noted(state) + rng.randrange(1, 12), time.monotonic() + 120
    process = mapping(images, "--state", str(state), *more)
    try:
        while noted(state) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
    finally:
        process.kill()
        process.communicate()
    return noted(state)


def test_a_file_is_as_it_would_be_undisturbed(tmp_path: Path, images: Path) -> None:
    wanted, out, state = tmp_path / "wanted.ndjson", tmp_path / "out.ndjson", tmp_path / "state"
    whole(images, "--format", "ndjson", "--out", str(wanted))
    kills, more = 0, ("--format", "ndjson", "--out", str(out))
    for _ in range(KILLS):
        before = noted(state)
        if killed(images, state, *more) > STUDIES:  # all done: begin anew
            assert out.read_bytes() == wanted.read_bytes()
            state.unlink()
        kills += noted(state) != before
    whole(images, "--state", str(state), *more)
    same = out.read_bytes() == wanted.read_bytes()
    record("map-kills", kills=KILLS, studies=STUDIES, lost=int(not same), where="a file")
    assert same
    assert kills, "this shows nothing"


def test_what_a_kill_leaves_half_written_is_taken_away(tmp_path: Path, images: Path) -> None:
    """Each place where a kill can be: half a line of the output, half a line of the state."""
    wanted, out, state = tmp_path / "wanted.ndjson", tmp_path / "out.ndjson", tmp_path / "state"
    more = ("--format", "ndjson", "--out", str(out), "--state", str(state))
    whole(images, *more)
    wanted.write_bytes(out.read_bytes())
    lines = state.read_bytes().splitlines(keepends=True)
    state.write_bytes(b"".join(lines[:20]) + lines[20][:9])
    out.write_bytes(wanted.read_bytes()[:-100])
    whole(images, *more)
    assert out.read_bytes() == wanted.read_bytes()
    state.write_bytes(b"".join(lines[:20]))
    out.write_bytes(wanted.read_bytes()[:100])
    said = CliRunner().invoke(map_app, [str(images), *more])
    assert isinstance(said.exception, UsageError)
    assert "to begin anew" in said.exception.remedy


def test_a_server_has_each_study(
    tmp_path: Path, images: Path, server: tuple[FhirStore, str]
) -> None:
    store, url = server
    state, twice = tmp_path / "state", 0
    for _ in range(KILLS):
        if killed(images, state, "--to", url) > STUDIES:
            break
    whole(images, "--state", str(state), "--to", url)
    rows = store.query(
        "SELECT r.id, r.version, count(*) FROM resource r JOIN version v ON v.pk = r.pk "
        "WHERE r.type = 'ImagingStudy' GROUP BY r.pk", [],
    )  # fmt: skip
    twice = sum(version - 1 for _, version, _ in rows)
    record("map-kills", kills=KILLS, studies=STUDIES, lost=STUDIES - len(rows), where="a server")
    assert len(rows) == STUDIES
    assert all(version == versions for _, version, versions in rows)
    assert twice <= KILLS, "at most the study under way at a kill is sent again"
