"""The servers that are compared, each in a process of its own, with TCP_NODELAY on both ends."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from labkit.dimse import Peer
from labkit.lab import launch
from labkit.lab.remote import Control
from labkit.lab.workspace import Workspace
from tests.contract.pacs.servers import Target, dcmqrscp, find_program, free_port, orthanc

OURS = "labkit"
DESTINATION = "BENCHMARK"


@contextmanager
def lab(folder: Path) -> Iterator[Target]:
    """ARCHIVE as a learner has it: with event log and PDU traces."""
    workspace, port = Workspace.at(folder / "lab"), free_port()
    try:
        description = launch.start(workspace)
        body = {"ae_title": DESTINATION, "host": "127.0.0.1", "port": port}
        Control(description).call("POST", "/destinations", body)
        node = description.nodes["ARCHIVE"]
        peer = Peer(node.ae_title, node.host, node.port)
        yield Target(OURS, description.version, peer, port, DESTINATION)
    finally:
        launch.stop(workspace)


@contextmanager
def all_of_them(folder: Path) -> Iterator[list[Target]]:
    """Ours, and the peers that this machine has."""
    wanted = [(OURS, lab), ("Orthanc", orthanc), ("dcmqrscp", dcmqrscp)]
    with ExitStack() as stack:
        started = []
        for name, start in wanted:
            if name != OURS and find_program(name) is None:
                continue
            home = folder / name
            home.mkdir()
            started.append(stack.enter_context(start(home)))
        yield started


def dcmtk(tool: str, *arguments: str) -> None:
    """Run a tool of DCMTK; raises if it fails."""
    program = find_program(tool)
    if program is None:
        raise FileNotFoundError(f"DCMTK's {tool} is not installed: apt-get install dcmtk")
    environment = {**os.environ, "TCP_NODELAY": "1"}
    done = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{tool} {' '.join(arguments)}: {done.stdout}{done.stderr}")
