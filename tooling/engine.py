"""A Docker engine for the tests of the containers: the one that runs, or one of their own.

Ours lives in a folder of its own (images, containers, socket, log) and is ended with everything
that it started. It is never started beside another: two engines would share one table of firewall
rules, and the second clears that of the first.

    python3 -m tooling.engine docker run --rm debian:trixie-slim true

runs one command with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tooling import debian
from tooling.console import Trouble, say
from tooling.debian import Environment, said

COMMAND = "python3 lab.py test containers --with-engine"
NEEDED_GB = 10
"""Of disk, for all images and what is left of their building."""
START_LIMIT, END_LIMIT = 90.0, 60.0
KEEP = "LABKIT_ENGINE"
"""Variable: a folder that keeps the images from one run to the next."""
_NETWORKS = Path("/sys/class/net")


@contextlib.contextmanager
def running(allowed: bool) -> Iterator[dict[str, str]]:
    """Have a Docker engine while the block runs; what the environment needs to reach it.

    Parameters
    ----------
    allowed
        Whether one may be installed and started where none answers.

    Raises
    ------
    Trouble
        None answers, and none may or can be started.
    """
    env = debian.with_system_programs(os.environ)
    if _answers(env):
        with debian.own_certificates():
            yield {}
        return
    if not allowed:
        raise Trouble(
            "No Docker engine answers.",
            f"Start it, or let the tests start one of their own (Debian, as root): {COMMAND}",
        )
    _check_place(env)
    with debian.own_certificates(), _folder() as folder:
        debian.install(env)
        before = _bridges()
        process = _start(folder, env)
        try:
            reached = {"DOCKER_HOST": _address(folder), "PATH": env["PATH"]}
            _wait(process, folder, {**env, **reached})
            debian.provide_base({**env, **reached}, folder)
            yield reached
        finally:
            _end(process, folder)
            for name in _bridges() - before:
                said(["ip", "link", "delete", name], env)


def _answers(env: Environment) -> bool:
    return bool((said(["docker", "info", "-f", "{{.ServerVersion}}"], env, 30) or "").strip())


def _check_place(env: Environment) -> None:
    """Refuse where an engine of our own cannot be, or would be in another's way."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get", path=env["PATH"]):
        raise Trouble(
            "An engine can be installed on Debian alone, and this is no Debian.",
            "Install Docker as your system has it, start it, and run again without --with-engine.",
        )
    if os.geteuid() != 0:
        raise Trouble("Only root can start a Docker engine.", f"Run: sudo {COMMAND}")
    others = list(_processes(b"dockerd", "comm"))
    if others:
        raise Trouble(
            f"A Docker engine runs here (process {others[0]}), and does not answer.",
            "Name its socket in DOCKER_HOST, or end it: a second would clear its firewall rules.",
        )


def _processes(word: bytes, about: str) -> Iterator[int]:
    """Which processes have a word in their name (``comm``) or command (``cmdline``)."""
    for path in Path("/proc").glob(f"[0-9]*/{about}"):
        with contextlib.suppress(OSError):  # it has just ended
            if word in path.read_bytes():
                yield int(path.parent.name)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for all of it, short enough for a socket's address (108 bytes)."""
    kept = os.environ.get(KEEP)
    folder = Path(kept or tempfile.mkdtemp(prefix="labkit-engine-", dir="/var/tmp")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        free = shutil.disk_usage(folder).free / 1e9
        if free < NEEDED_GB:
            raise Trouble(
                f"The images need {NEEDED_GB} GB on this disk; {free:.1f} GB are free.",
                f"Free some, or name a folder on another disk: {KEEP}=/path {COMMAND}",
            )
        yield folder
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _address(folder: Path) -> str:
    return f"unix://{folder / 'docker.sock'}"


def _start(folder: Path, env: Environment) -> subprocess.Popen[bytes]:
    say("Starting a Docker engine of our own ...")
    settings = folder / "daemon.json"
    settings.write_text("{}", encoding="utf-8")  # /etc/docker/daemon.json is another engine's
    options = {
        "config-file": settings,
        "data-root": folder / "data",
        "exec-root": folder / "exec",
        "pidfile": folder / "docker.pid",
        "host": _address(folder),
        "group": "root",
        "containerd-namespace": "labkit",
        "containerd-plugins-namespace": "labkit-plugins",
    }
    command = ["dockerd", *(f"--{name}={value}" for name, value in options.items())]
    with (folder / "dockerd.log").open("wb") as log:
        # A session of its own: Ctrl-C must not end it before what it runs is tidied up.
        return subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], folder: Path, env: Environment) -> None:
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and process.poll() is None:
        if _answers(env):
            return
        time.sleep(0.2)
    log = (folder / "dockerd.log").read_text(encoding="utf-8", errors="replace")
    lines = log.splitlines() or ["it said nothing"]
    last = [line for line in lines if "failed" in line or "level=fatal" in line] or lines
    raise Trouble(
        f"The Docker engine did not start: {last[-1]}",
        "It needs cgroups, iptables and the right to mount: a container may lack them.",
    )


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """End the engine, which ends its containers; then what a hard end may have left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_LIMIT)
            break
    for pid in _processes(f"{folder}/".encode(), "cmdline"):  # its containerd, if it was killed
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        where = line.split()[1]
        if where.startswith(f"{folder}/"):
            said(["umount", "--lazy", where], os.environ)


def _bridges() -> set[str]:
    """Networks that an engine makes: docker0, and one for each network of compose."""
    return {
        path.parent.name
        for path in _NETWORKS.glob("*/bridge")
        if path.parent.name == "docker0" or path.parent.name.startswith("br-")
    }


def main(command: Sequence[str]) -> int:
    """Run one command with the engine that runs, or with one of our own."""
    try:
        with running(True) as reached:
            return subprocess.run(command, env={**os.environ, **reached}, check=False).returncode
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
