"""What the products of a secure lab share with its process: ``secure/keys/products.json``.

A password that opens Orthanc, a key that opens HAPI and proves who asks for decisions, and the
ports: all drawn when the lab is first started on containers, in a file that its owner alone reads.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError
from labkit.common.serving import HOST
from labkit.lab.secure.parties import private

FORMAT = "labkit-product-secrets/1"
PUBLISHED = ("ARCHIVE_DICOM", "ARCHIVE_HTTP", "WORKSTN_DICOM", "WORKSTN_HTTP", "FHIR", "AUTH")
"""What follows ``LABKIT_PORT_`` in ``docker-compose.yml``, of the services of a secure lab."""

_REALM = ("GATEWAY_SECRET", "PATIENT_PASSWORD", "PHYSICIAN_PASSWORD")


@dataclass(frozen=True)
class Secrets:
    """Of one secure lab.

    Attributes
    ----------
    password
        Of the user `labkit.lab.containers.orthanc.USER`, the only one that Orthanc lets in.
    key
        Shared with HAPI, in both directions.
    decisions
        Port at which the lab's process answers what HAPI asks.
    gateway
        Address of this machine at which the containers find that port.
    subnet
        The network of the containers.
    ports
        Where the products' ports are published, on loopback.
    system
        Private key (JWK) of the client that a system is at Keycloak.
    realm
        Secrets that Keycloak does not start without: nobody uses them here.
    """

    password: str
    key: str
    decisions: int
    gateway: str
    subnet: str
    ports: Mapping[str, int]
    system: Mapping[str, Any]
    realm: Mapping[str, str]

    @property
    def issuer(self) -> str:
        """What Keycloak calls itself."""
        return f"http://{HOST}:{self.ports['AUTH']}/realms/labkit"

    @property
    def environment(self) -> dict[str, str]:
        """What ``docker-compose.yml`` is read with."""
        return {
            "LABKIT_GUARDED": "true",
            "LABKIT_GUARD_PASSWORD": self.password,
            "LABKIT_ORTHANC_DICOM": "false",
            "LABKIT_DECISIONS_URL": f"http://{self.gateway}:{self.decisions}/decide",
            "LABKIT_DECISIONS_KEY": self.key,
            "LABKIT_SUBNET": self.subnet,
            "BACKEND_PUBLIC_KEY": b64encode(_public(self.system)).decode(),
            **self.realm,
            **{f"LABKIT_PORT_{name}": str(port) for name, port in self.ports.items()},
        }


def draw(gateway: str, subnet: str) -> Secrets:
    """Draw new ones, with ports that are free now."""
    with ExitStack() as stack:  # all are held until each is chosen
        held = [stack.enter_context(socket.socket()) for _ in (*PUBLISHED, "")]
        for sock in held:
            sock.bind((HOST, 0))
        decisions, *ports = (int(sock.getsockname()[1]) for sock in held)
    return Secrets(
        secrets.token_urlsafe(24), secrets.token_urlsafe(24), decisions, gateway, subnet,
        dict(zip(PUBLISHED, ports, strict=True)), _system(),
        {name: secrets.token_urlsafe(24) for name in _REALM},
    )  # fmt: skip


def _system() -> dict[str, Any]:
    from joserfc.jwk import RSAKey

    made = RSAKey.generate_key(2048).as_dict(private=True)
    # Keycloak names a key so that was given to it without a name.
    digest = hashlib.sha256(_public(made)).digest()
    return {**made, "kid": urlsafe_b64encode(digest).decode().rstrip("="), "alg": "RS384"}


def _public(jwk: Mapping[str, Any]) -> bytes:
    from joserfc.jwk import RSAKey

    return RSAKey.import_key(dict(jwk)).as_der(private=False)


def write(path: Path, drawn: Secrets) -> None:
    """Keep them."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    private(part, {"format": FORMAT, **asdict(drawn)})
    part.replace(path)


def read(path: Path) -> Secrets | None:
    """Read them; ``None`` where there are none: the lab is not on containers.

    Raises
    ------
    LabError
        The file is damaged. Nothing is guessed: the lab does not start.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT:
            raise ValueError("another format")
        found = Secrets(**data)
        complete = (found.password, found.key, found.gateway, found.subnet, found.decisions)
        named = set(found.ports) == set(PUBLISHED) and set(found.realm) == set(_REALM)
        if not all(complete) or not named or not found.system.get("kid"):
            raise ValueError("it is not whole")
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabError(
            f"{path.name} of the secure lab cannot be used ({type(error).__name__}).",
            remedy="Delete that file, and run `labkit up --backend containers --secure` again.",
        ) from error
