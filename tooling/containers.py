"""`python3 lab.py test containers`: the lab on real products, from nothing; 35 minutes at most.

    python3 lab.py test containers                 on the Docker engine that runs
    python3 lab.py test containers --with-engine   where none runs, installs and starts one of its
                                                   own (Debian, as root), and ends it afterwards

Builds the images, starts the lab as a learner does and looks at it from this machine, and runs the
contract suites and every notebook inside the containers' network; then OHIF in a browser, and
JupyterHub with two learners. What may
differ there is told by rows of deviations and by tags, and nothing else may: docs/conformance.md
has a table of both. What it started is stopped; volumes of its own project are deleted.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from tooling import debian
from tooling.console import Trouble

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "labkit-tests"
_PYTEST = ("/venv/bin/python", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rfE")
_INSIDE = {
    "LABKIT_FHIR_URL": "http://fhir:8080/fhir",
    "LABKIT_DICOMWEB_URL": "http://archive:8042/dicom-web",
    "LABKIT_DICOMWEB_PRODUCT": "Orthanc DICOMweb",
    "LABKIT_DICOMWEB_VERSION": "1.20",
    "LABKIT_CALLBACK_HOST": "workbook",
}
_GUARDED = ("consent", "guard", "policies")
_SECRETS = ("GATEWAY_SECRET", "PATIENT_PASSWORD", "PHYSICIAN_PASSWORD")


def steps() -> list[tuple[str, Sequence[str]]]:
    """Every check: its name, and what the interpreter of .venv is to run."""
    profiles = ("--profile", "core", "--profile", "security")
    own = ("-m", "tooling.containers")
    contracts = [f"tests/contract/{role}" for role in ("pacs", "fhir", "dicomweb")]
    suites = (*contracts, "tests/containers/test_hapi.py")
    return [
        ("images", (*own, "images")),
        ("from this machine", ("-m", "pytest", "-s", "tests/containers/test_from_host.py")),
        ("the secure lab", ("-m", "pytest", "-s", "tests/containers/test_secure.py")),
        ("start", (*own, *profiles, "up", "-d")),
        ("contract suites", (*own, "inside", *suites)),
        (
            "HAPI, guarded",
            ("-m", "pytest", *(f"tests/containers/test_hapi_{n}.py" for n in _GUARDED)),
        ),
        ("the realm", ("-m", "tests.containers.realm_party")),
        (
            "authorization",
            ("-m", "pytest", "tests/containers/test_keycloak.py", "tests/contract/auth"),
        ),
        ("notebooks", (*own, "inside", "tests/containers/test_notebooks.py", "--timeout=1800")),
        ("OHIF in a browser", ("-m", "pytest", "-rs", "tests/containers/test_viewer.py")),
        ("JupyterHub", ("-m", "pytest", "-rs", "tests/containers/test_hub_image.py")),
    ]


def environment() -> dict[str, str]:
    """Return what the steps need besides.

    A project, ports, a network and secrets of their own: a lab that a learner has running is left
    alone.
    """
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"LABKIT_PORT_\w+", compose)) - {"LABKIT_PORT_"})
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    return {
        **ports,
        **{name: secrets.token_urlsafe() for name in _SECRETS},
        **_key_pair(),
        "LABKIT_AUTH": str(Path(tempfile.gettempdir()) / f"{PROJECT}-{os.getpid()}.toml"),
        # From outside: a browser is sent to the address that the tokens name as their issuer.
        "LABKIT_AUTH_URL": f"http://127.0.0.1:{ports['LABKIT_PORT_AUTH']}/realms/labkit",
        "COMPOSE_PROJECT_NAME": PROJECT,
        "LABKIT_CONTAINERS": "1",
        "LABKIT_SUBNET": "172.28.79.0/24",
        "LABKIT_SECURE_SUBNET": "172.28.80.0/24",
    }


def free_ports(wanted: int) -> list[int]:
    """Choose loopback ports that are free now and stay so.

    They are published minutes later, while other tests open sockets by the hundred: below the
    range from which the system gives out ports none of them takes one in between.
    """
    lowest, found = _first_of_the_systems(), set[int]()
    choices = range(20000, lowest) if lowest >= 21000 else None
    with contextlib.ExitStack() as stack:  # all are held until each is chosen
        while len(found) < wanted:
            sock = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                sock.bind(("127.0.0.1", secrets.choice(choices) if choices else 0))
                found.add(sock.getsockname()[1])
    return sorted(found)


def _first_of_the_systems() -> int:
    """The lowest port that the system chooses by itself; 0 where it does not say (no Linux)."""
    try:
        span = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        return int(span.split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _key_pair() -> dict[str, str]:
    """Make the key of the client `backend`: PEM for the tests, its public half for Keycloak.

    Raises
    ------
    Trouble
        There is no openssl.
    """
    openssl = shutil.which("openssl", path=debian.with_system_programs(os.environ)["PATH"])
    if openssl is None:
        raise Trouble("openssl is not here.", "Install it (Debian: openssl).")
    pem = subprocess.run([openssl, "genrsa", "2048"], capture_output=True, check=True).stdout
    public = subprocess.run(
        [openssl, "rsa", "-pubout", "-outform", "DER"], input=pem, capture_output=True, check=True
    ).stdout
    return {"BACKEND_KEY": pem.decode(), "BACKEND_PUBLIC_KEY": b64encode(public).decode()}


def tidy(python: Path, env: dict[str, str]) -> None:
    """Stop everything that was started, and delete its volumes."""
    Path(env["LABKIT_AUTH"]).unlink(missing_ok=True)
    # Of dcm4chee too: its volumes are made, empty, with the others.
    profiles = ("full", "hub", "tests", "security", "dcm4chee")
    every = [word for profile in profiles for word in ("--profile", profile)]
    down = [str(python), "-m", "tooling.containers", *every, "down", "--volumes"]
    for project in (PROJECT, f"{PROJECT}-secure"):  # the second is the secure lab's
        subprocess.run(
            [*down, "--remove-orphans"], cwd=ROOT, check=False, stdin=subprocess.DEVNULL,
            env={**env, "COMPOSE_PROJECT_NAME": project},
        )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Call docker compose; ``images`` builds all, ``inside`` is pytest in the lab's network."""
    command = debian.compose(os.environ)
    if not command:
        print("docker compose is not here: install it (Debian: docker-compose).", file=sys.stderr)
        return 1
    command += ["--project-directory", str(ROOT)]
    command += ["-f", str(ROOT / "docker-compose.yml")]
    if arguments[0] == "inside":
        given = [f"-e{name}={value}" for name, value in _INSIDE.items()]
        # --use-aliases: the products call this container by the name of the workbook.
        run = [
            "--profile",
            "core",
            "--profile",
            "tests",
            "run",
            "--rm",
            "--use-aliases",
            "-T",
            *given,
            "tests",
        ]
        command += [*run, *_PYTEST, *arguments[1:]]
    elif arguments[0] == "images":
        profiles = ("core", "security", "viewer", "hub", "tests")
        command += [word for profile in profiles for word in ("--profile", profile)] + ["build"]
    else:
        command += arguments
    # The hub's image on the packages of the tests' one: most of both is then made once.
    env = {"LABKIT_HUB_LOCK": "test", **os.environ}
    done = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=env)
    return done.returncode


if __name__ == "__main__":
    os.environ.setdefault("COMPOSE_PROJECT_NAME", PROJECT)
    sys.exit(main(sys.argv[1:]))
