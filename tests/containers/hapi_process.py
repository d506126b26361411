"""HAPI FHIR for one module of tests, from its jar or from its image, with settings of its own.

``LABKIT_HAPI_JAR`` names the jar (``mvn package`` in ``containers/fhir`` makes it). Where the
containers are tested, the image is run instead, in this machine's own network: the decisions that
it asks for are on this machine's loopback.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.contract.pacs.servers import free_port

JAR = os.environ.get("LABKIT_HAPI_JAR", "")
IMAGE = "labkit/hapi-fhir:8.8.0"
# Elsewhere a container has not this machine's loopback, whatever network it is given.
AT_HAND = bool(JAR or (os.environ.get("LABKIT_CONTAINERS") and sys.platform == "linux"))
PATIENCE = 240.0
"""Seconds until it must answer; it takes 15 to 60."""


@contextmanager
def hapi(settings: Mapping[str, str], log: Path) -> Iterator[str]:
    """Run one; gives its base URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    given = {"PORT": str(port), "FHIR_BASE_URL": url, **settings}
    name = f"labkit-hapi-{uuid.uuid4().hex[:8]}"
    if JAR:
        command = ["java", "-Xmx1g", "-XX:TieredStopAtLevel=1", "-jar", JAR]
        env = {**os.environ, **given}
    else:
        # Values stay out of the command line, which every process may read.
        named = [word for key in given for word in ("-e", key)]
        command = ["docker", "run", "--rm", "--name", name, "--network", "host", *named, IMAGE]
        env = {**os.environ, **given}
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=env, stdout=file, stderr=file)
    try:
        _wait(process, url, log)
        yield url
    finally:
        if not JAR:
            subprocess.run(["docker", "stop", name], capture_output=True, check=False)
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        try:
            httpx.get(f"{url}/metadata", timeout=60, trust_env=False).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.25)
    raise AssertionError(f"HAPI did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")
