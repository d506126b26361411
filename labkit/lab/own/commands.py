"""What ``labkit up`` and ``status`` say of a user's own servers; thin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab.health import Health


def described(workspace: Workspace) -> dict[str, Any]:
    """Return what ``labkit up --json`` prints: addresses and no secret. Nothing is contacted."""
    from labkit.dimse.receiver import is_loopback
    from labkit.lab.own.lab import OwnLab, read_config  # brings DIMSE and HTTP with it

    config = read_config()
    lab = OwnLab(workspace, config)
    nodes = {
        name: {"ae_title": node.ae_title, "host": node.host, "port": node.port}
        for name, node in lab.nodes.items()
    }
    said: dict[str, Any] = {"backend": "own", "nodes": nodes}
    for name, part in (("fhir", config.fhir), ("dicomweb", config.dicomweb)):
        if part is not None:
            said[name] = {"url": part.url}
    if config.receive is not None:
        opens = not is_loopback(config.receive.bind)
        said["receive"] = {"ae_title": config.receive.ae_title, "port": config.receive.port,
                           "open_to_network": opens, "allow": list(lab.callers)}  # fmt: skip
    return {**said, "read_only": config.limits.read_only}


def in_words(said: dict[str, Any]) -> str:
    """Put that into lines."""
    lines = [
        f"{name}: {node['ae_title']} at {node['host']}:{node['port']}"
        for name, node in said["nodes"].items()
    ]
    lines += [f"{name}: {said[name]['url']}" for name in ("dicomweb", "fhir") if name in said]
    if said.get("receive", {}).get("open_to_network"):
        ours, callers = said["receive"], ", ".join(said["receive"]["allow"])
        lines.append(
            f"While a receiver runs, {ours['ae_title']} at port {ours['port']} of this machine is "
            f"OPEN TO THE NETWORK; it takes objects from {callers}"
        )
    how = "read only" if said["read_only"] else "WRITING IS ALLOWED"
    return "\n".join([*lines, f"Your own servers, {how}. Check them: labkit doctor"])


def health(workspace: Workspace) -> Health:
    """Ask every server of ``labkit.toml`` whether it is well."""
    from labkit.lab.own.lab import OwnLab, read_config

    return OwnLab(workspace, read_config()).health()
