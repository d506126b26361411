"""``docker-compose.yml`` of the repository: build, start, wait, where is what, stop."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from labkit.common.errors import LabError, PortTaken
from labkit.common.serving import HOST
from labkit.lab.containers import engine, images
from labkit.lab.containers.engine import Finished, Run
from labkit.lab.containers.products import Placed, Products
from labkit.lab.nodes import FHIR

FILE = "docker-compose.yml"
PATIENCE = 180.0
"""Seconds until all must be healthy, once their images are built."""
_DIMSE, _WEB, _KEEPER, _FHIR = (4242, 8042, 8100, 8080)
SERVED: Mapping[str, tuple[str, str, int, int]] = {
    "ARCHIVE": ("archive", "orthanc", _DIMSE, _WEB),
    "WORKSTN": ("workstn", "orthanc", _DIMSE, _WEB),
    "LEGACY": ("legacy", "dcmqrscp", 11112, _KEEPER),
    "WORKLIST": ("worklist", "wlmscpfs", 11112, _KEEPER),
}
"""Node to service, product, and its ports inside: DIMSE and administration."""
SECURE = "secure"
"""The profile of those that stand behind the doors of a secure lab."""
GUARDED = ("ARCHIVE", "WORKSTN")
"""The nodes of `SERVED` among them."""

_TAKEN = re.compile(
    r":(\d+)(?:/tcp)?:? (?:failed: port is already allocated|bind: address already in use)"
)

Say = Callable[[str], None]
"""Shows how far it has come."""


def inside(callback: str) -> Products:
    """Return the products as a container of the same network finds them, by service name.

    Parameters
    ----------
    callback
        The name of that container there.
    """
    return Products(_placed(lambda service, port: (service, port)), callback)


def _placed(
    at: Callable[[str, int], tuple[str, int]], nodes: Iterable[str] = tuple(SERVED)
) -> dict[str, Placed]:
    """Place every product; `at` gives host and port for a service's port inside."""
    placed = {}
    for node in nodes:
        service, kind, port, admin = SERVED[node]
        web = "http://{}:{}".format(*at(service, admin))
        placed[node] = Placed(kind, *at(service, port), web, (service, port))
    host, port = at("fhir", _FHIR)
    placed[FHIR] = Placed("hapi", host, port, f"http://{host}:{port}/fhir", ("fhir", _FHIR))
    return placed


class Compose:
    """The services of one compose file.

    Parameters
    ----------
    folder
        Where ``docker-compose.yml`` is.
    profile
        What is started.
    run
        Runs a command.
    """

    def __init__(self, folder: Path, *, profile: str = "core", run: Run = engine.run) -> None:
        self._run = run
        self._folder = folder
        self._nodes = GUARDED if profile == SECURE else tuple(SERVED)
        command = engine.compose_command(run)
        project = ["--project-directory", str(folder), "-f", str(folder / FILE)]
        self._command = [*command, *project, "--profile", profile]

    def up(self, say: Say, *, patience: float = PATIENCE) -> None:
        """Build what is not built, start, and wait until all are healthy.

        Raises
        ------
        PortTaken
            Another program listens on a port that is to be published.
        LabError
            An image cannot be built, or a service does not get well.
        """
        self._build(say)
        say("Starting the containers …")
        self._start()
        deadline = time.monotonic() + patience
        while waiting := [
            f"{name}: {state}" for name, state in self._states() if state != "healthy"
        ]:
            if time.monotonic() >= deadline:
                raise LabError(
                    f"Not healthy after {patience:.0f} seconds: {', '.join(waiting)}.",
                    remedy=f"`docker compose logs {waiting[0].partition(':')[0]}` says why.",
                )
            say("Waiting for " + ", ".join(waiting) + " …")
            time.sleep(0.5)

    def down(self) -> None:
        """Stop and remove the containers; what they keep in volumes stays."""
        self._do("The containers cannot be stopped", "down")

    def products(self) -> Products:
        """Return where the products are, as this machine finds them: by their published ports."""
        return Products(
            _placed(lambda service, port: (HOST, self.port(service, port)), self._nodes)
        )

    def port(self, service: str, port: int) -> int:
        """Return the port of this machine at which a port of a service is published."""
        said = self._do(f"{service} has no published port {port}", "port", service, str(port)).out
        found = re.search(r":(\d+)\s*$", said)
        if found is None:
            raise LabError(f"{service} publishes no port {port}.", remedy=f"Look at {FILE}.")
        return int(found[1])

    def _build(self, say: Say) -> None:
        """Build the images, unless those of this very repository are here.

        Where they cannot be built, because there is no network, those that are here will do: a
        classroom loads them from a file.
        """
        names = images.named(self._do(f"{FILE} cannot be read", "config").out)
        made_of = images.source(self._folder / "containers")
        if images.here(names, self._run, made_of=made_of):
            return
        say("Building the images (the first time takes minutes) …")
        try:
            argument = f"{images.ARGUMENT}={made_of}"
            self._do("The images cannot be built", "build", "--build-arg", argument)
        except LabError as error:
            if not images.here(names, self._run):
                raise
            say(f"{error.message}; those that are here will do …")

    def _states(self) -> Iterator[tuple[str, str]]:
        """Each service that has a container, and its health or state."""
        ids = self._do("The containers cannot be listed", "ps", "-q").out.split()
        if not ids:
            return
        shown = self._run(["docker", "inspect", *ids])
        for about in json.loads(shown.out or "[]"):
            state = about["State"]
            health = state.get("Health", {}).get("Status") or state["Status"]
            name = about["Config"]["Labels"].get("com.docker.compose.service", about["Name"])
            yield name, "healthy" if health == "running" else health

    def _start(self) -> None:
        try:
            self._do("The containers cannot be started", "up", "-d", "--no-build")
        except LabError as error:
            taken = _TAKEN.search(error.message)
            if taken is None:
                raise
            raise PortTaken(
                f"Port {taken[1]} of this machine is taken; a container is to have it.",
                remedy=f"End the other program, or choose ports: LABKIT_PORT_… in {FILE}.",
            ) from error

    def _do(self, problem: str, *arguments: str) -> Finished:
        done = self._run([*self._command, *arguments])
        if done.code != 0:
            lines = [line.strip() for line in (done.err or done.out).splitlines() if line.strip()]
            raise LabError(
                f"{problem}: {' '.join(lines[-3:])[:400]}",
                remedy=f"Run it by hand to see all: docker compose {' '.join(arguments)}",
            )
        return done


def folder() -> Path:
    """Return the folder of the repository's compose file.

    Raises
    ------
    LabError
        labkit was installed without it.
    """
    for place in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[3]):
        if (place / FILE).is_file() and (place / "containers").is_dir():
            return place
    raise LabError(
        f"There is no {FILE} here.", remedy="Run this in the folder of the workbook (its clone)."
    )
