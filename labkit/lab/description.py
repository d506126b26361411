"""``lab.json``: who serves a workspace, and where each service listens."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError

FORMAT = "labkit-lab/1"


@dataclass(frozen=True)
class NodeAddress:
    """One application entity of the lab, as plain data."""

    ae_title: str
    host: str
    port: int
    role: str = ""
    site: str = ""


@dataclass(frozen=True)
class Description:
    """A running lab.

    Attributes
    ----------
    version
        The labkit that serves it.
    pid
        Its process.
    control_url, control_key
        The control interface, and the key that opens it. The key is a secret of the machine's user.
    nodes
        By name.
    fhir_url
        Base URL of the FHIR server.
    dicomweb_url
        Base URL of the archive's DICOMweb service; ``""`` where it has none.
    proxy_url, proxy_port
        Base URL of the façade before LEGACY, and where C-MOVE sends to it.
    hl7_port
        Where the RIS takes HL7 v2 messages over MLLP; 0 where it takes none.
    secure
        Whether every door is guarded.
    auth_url
        Base URL of the authorization server; ``""`` in an open lab.
    """

    version: str
    pid: int
    control_url: str
    control_key: str
    nodes: Mapping[str, NodeAddress]
    fhir_url: str
    hl7_port: int = 0
    backend: str = "embedded"
    dicomweb_url: str = ""
    proxy_url: str = ""
    proxy_port: int = 0
    secure: bool = False
    auth_url: str = ""

    def public(self) -> dict[str, Any]:
        """Return what ``labkit up --json`` prints: addresses and no secret."""
        nodes = {
            name: {"ae_title": node.ae_title, "host": node.host, "port": node.port}
            for name, node in self.nodes.items()
        }
        made = {"backend": self.backend, "nodes": nodes, "fhir": {"url": self.fhir_url}}
        web = {"dicomweb": self.dicomweb_url, "proxy": self.proxy_url, "auth": self.auth_url}
        named = {name: {"url": url} for name, url in web.items() if url}
        return {**made, **named, **({"secure": True} if self.secure else {})}

    def write(self, path: Path) -> None:
        """Put the description in place in one step, readable by its owner alone."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        for pause in (0.01, 0.05, 0.2, None):
            try:
                draft.replace(path)
            except PermissionError:  # Windows: somebody is reading it at this moment
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                return


def read(path: Path) -> Description | None:
    """Read a description; ``None`` if there is no file.

    Raises
    ------
    LabError
        The file is not a description, or one of another format.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _garbage(path, str(error)) from error
    try:
        data = json.loads(text)
        kind = data.pop("format")
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise _garbage(path, "it is no description of a lab") from error
    if kind != FORMAT:
        raise LabError(
            f"The lab in {path.parent} has the format {kind}; this labkit reads {FORMAT}.",
            remedy="Use the labkit that made it, or another folder: --workspace DIR.",
        )
    try:
        nodes = {name: NodeAddress(**node) for name, node in data.pop("nodes").items()}
        return Description(nodes=nodes, **data)
    except (TypeError, AttributeError, KeyError) as error:
        raise _garbage(path, "parts of it are missing") from error


def _garbage(path: Path, why: str) -> LabError:
    return LabError(
        f"{path} cannot be used: {why}.",
        remedy=f"Delete that file and run `labkit up`; nothing else is kept in it ({path.name}).",
    )
