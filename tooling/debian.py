"""What a Docker engine needs of Debian: its packages, and a base image that cannot be pulled."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tooling.console import Trouble, say
from tooling.environment import ROOT

SUITE, BASE = "trixie", "debian:trixie-slim"
MIRROR = "http://deb.debian.org/debian"
PULL_LIMIT = 120.0
"""Seconds until an image that does not come is made here instead."""
CERTIFICATES = ROOT / "containers" / "certs"
OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")  # where an administrator puts them
_POLICY = Path("/usr/sbin/policy-rc.d")
_PROGRAMS = ("dockerd", "docker", "iptables", "ip", "debootstrap")
_PACKAGES = ("docker.io", "iptables", "iproute2", "debootstrap", "docker-compose")
_NOT_NEEDED = ("./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./usr/share/doc/*/*",
               "./usr/share/man/*/*", "./usr/share/locale/*/*")  # fmt: skip

Environment = Mapping[str, str]


def with_system_programs(env: Environment) -> dict[str, str]:
    """The environment, with the folders of an administrator's programs on its path."""
    more = ["/usr/local/sbin", "/usr/sbin", "/sbin"]
    return {**env, "PATH": os.pathsep.join([env.get("PATH", os.defpath), *more])}


def said(command: Sequence[str], env: Environment, limit: float | None = None) -> str | None:
    """Run a command; what it said, or ``None`` where it fails, is not there or takes too long."""
    try:
        done = subprocess.run(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, timeout=limit, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def compose(env: Environment) -> list[str]:
    """How docker compose is called here: version 2, else 1.29; empty if neither is here."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if said([*command, "version"], env) is not None:
            return command
    return []


def has_compose(env: Environment) -> bool:
    """Whether one of the two docker compose is here."""
    return bool(compose(env))


def install(env: Environment) -> None:
    """Install Debian's Docker engine and what goes with it, where it is missing; start nothing.

    Raises
    ------
    Trouble
        It cannot be installed.
    """
    there = all(shutil.which(name, path=env["PATH"]) for name in _PROGRAMS)
    if there and has_compose(env):
        return
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    say("Installing Debian's Docker engine ...")
    with _nothing_starts():
        # One more try: a mirror in the middle of an update answers with the wrong sizes.
        if not any(_install(quiet) for _ in range(2)):
            raise Trouble(
                "Debian's Docker engine could not be installed.",
                f"See what this says: apt-get install {' '.join(_PACKAGES)}",
            )


def _install(env: Environment) -> bool:
    if said(["apt-get", "update", "-qq"], env) is None:
        return False
    packages = list(_PACKAGES)
    if "docker-cli" in (said(["apt-cache", "pkgnames", "docker-cli"], env) or "").split():
        packages.append("docker-cli")  # a package of its own since trixie
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    return said(command, env) is not None


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """Have the system not start the engine that it installs: the tests start theirs."""
    made = not _POLICY.exists()
    if made:
        _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if made:
            _POLICY.unlink()


def provide_base(env: Environment, folder: Path) -> None:
    """Have the engine hold the base of every image: pulled, or made by debootstrap.

    Raises
    ------
    Trouble
        Neither can be done.
    """
    if said(["docker", "image", "inspect", BASE], env) is not None:
        return
    if said(["docker", "pull", "-q", BASE], env, PULL_LIMIT) is not None:
        return
    say(f"{BASE} cannot be pulled here: making it with debootstrap ...")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        tree = Path(name) / "root"
        command = ["debootstrap", "--variant=minbase", SUITE, str(tree), MIRROR]
        if said(command, env) is None:
            raise Trouble(
                f"{BASE} can be neither pulled nor made here.",
                f"See what this says: {' '.join(command[:-2])} /tmp/base {MIRROR}",
            )
        _import(tree, env)


def _import(tree: Path, env: Environment) -> None:
    """Make an image of a folder, without what Debian's own slim image leaves out."""
    left_out = [f"--exclude={pattern}" for pattern in _NOT_NEEDED]
    pack = subprocess.Popen(
        ["tar", "-C", str(tree), *left_out, "-c", "."],
        stdout=subprocess.PIPE,
        env=dict(env),
    )
    done = subprocess.run(
        ["docker", "import", "--change", 'CMD ["bash"]', "-", BASE],
        stdin=pack.stdout, stdout=subprocess.DEVNULL, env=dict(env), check=False,
    )  # fmt: skip
    if pack.stdout is not None:
        pack.stdout.close()
    if pack.wait() or done.returncode:
        raise Trouble(f"{BASE} could not be made an image.", "Look at the lines above.")


@contextlib.contextmanager
def own_certificates() -> Iterator[None]:
    """Let builds trust what this machine was told to trust: some networks look into TLS.

    Copies Debian's local CA certificates into ``containers/certs`` (git ignores them there), and
    takes the copies away afterwards.
    """
    made = []
    here = {path.read_bytes() for path in CERTIFICATES.glob("*.crt")}
    for source in sorted(OWN_CERTIFICATES.rglob("*.crt")):
        data = source.read_bytes()
        if data in here:
            continue
        # By its digest: the same certificates make the same layer, and the build's cache holds.
        target = CERTIFICATES / f"machine-{hashlib.sha256(data).hexdigest()[:12]}.crt"
        target.write_bytes(data)
        made.append(target)
        here.add(data)
    try:
        yield
    finally:
        for path in made:
            path.unlink(missing_ok=True)
