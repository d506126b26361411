"""IPF (Open eHealth Integration Platform) as the other side: XDS, XCA and XCA-I not written here.

`ipf/` is a small Maven project around IPF's own clients, services, schemas and validators (CXF and
JAXB, without Camel). It is built when first needed, and again when its sources change. One process
serves a module of tests: a JSON object a line in, one a line out. The environment may name

``LABKIT_IPF_JAR``
    a jar that was built elsewhere, with its libraries in ``lib/`` beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

HERE = Path(__file__).resolve().parent / "ipf"
TARGET = HERE / "target"
TOOLS = ("java", "mvn")
BUILD_SECONDS = 280
"""The first build fetches 60 jars (25 MB) from Maven Central; later ones take four seconds."""


def jar() -> Path:
    """Return the jar, built; skip where it cannot be had, but never in CI."""
    named = os.environ.get("LABKIT_IPF_JAR", "")
    if named:
        return Path(named)
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        _without(f"{' and '.join(missing)} not found: NOTHING WAS TRIED AGAINST IPF")
    made, stamp = TARGET / "peer.jar", TARGET / "built-from"
    sources = _digest()
    TARGET.mkdir(exist_ok=True)
    with FileLock(TARGET / "build.lock", timeout=BUILD_SECONDS):
        if not made.exists() or not stamp.exists() or stamp.read_text("ascii") != sources:
            command = [str(shutil.which("mvn")), "-q", "-B", "-f", str(HERE / "pom.xml"), "package"]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                _without("Maven did not end in time")
            if done.returncode:
                _without(f"Maven could not build IPF's jar: {(done.stdout + done.stderr)[-1500:]}")
            stamp.write_text(sources, "ascii")
    return made


def _without(why: str) -> None:
    """Skip; in CI, where Java and Maven are, this is a failure and not a skip."""
    if os.environ.get("CI"):
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def _digest() -> str:
    files = [HERE / "pom.xml", *sorted((HERE / "src").rglob("*.java"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class Ipf:
    """The running process.

    Attributes
    ----------
    urls
        Where it serves, by transaction: ``ITI-18`` … ``RAD-75``.
    home, repository
        Its homeCommunityId and repositoryUniqueId.
    """

    home = "urn:oid:2.25.2026999.1"
    repository = "2.25.2026999.3"

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process, self._log = process, log
        self.urls = self.ask("serve", home=self.home, repository=self.repository)

    def ask(self, what: str, **how: Any) -> dict[str, Any]:
        """Have it do something: a transaction as client, ``hold``, ``received``, ``verify`` …"""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            said = self._log.read_text("utf-8", "replace")[-3000:]
            raise AssertionError(f"IPF's process ended:\n{said}")
        return dict(json.loads(line))

    def received(self) -> list[dict[str, Any]]:
        """What was asked of it since the last time, each with IPF's ``problem``, or ``None``."""
        return list(self.ask("received")["received"])


@contextmanager
def ipf(log: Path) -> Iterator[Ipf]:
    """Run it; it ends with its standard input."""
    command = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-jar", str(jar())]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, encoding="utf-8"
        ) as process,
    ):
        try:
            yield Ipf(process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def unpack_wsdl(into: Path) -> Path:
    """Take the WSDL and schemas out of IPF's jar, for this run only; return their folder."""
    library = next((jar().parent / "lib").glob("ipf-commons-ihe-xds-*.jar"))
    with zipfile.ZipFile(library) as archive:
        for name in archive.namelist():
            if name.startswith("wsdl/"):
                archive.extract(name, into)
    return into / "wsdl"
