"""From settings to a node: what each line of a configuration means for the program behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.lab.front import Front, Rules
from labkit.lab.managed import (
    ManagedConfig,
    Reachable,
    RuledArchive,
    StorageRules,
    calling_titles,
)

if TYPE_CHECKING:
    import ssl

    from labkit.dimse import Peer
    from labkit.pacs import NodeConfig, PacsNode


def apply(
    node: PacsNode,
    front: Front,
    values: Mapping[str, Any],
    *,
    hung: bool,
    destinations: Mapping[str, Peer],
    closed: int,
    certificates: Path,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Make a node, which does not run now, what its settings say.

    Parameters
    ----------
    values
        Every setting of the node, as `Settings.of` gives them.
    hung
        Whether its service hangs.
    destinations
        All that the node knows.
    closed
        A port where nothing listens, for connections that a firewall blocks.
    certificates
        Where the lab keeps its certificates; made when first needed.
    tls
        What the node listens with, whatever its settings say.
    """
    config = replace(
        node.config,
        ae_title=values["ae_title"],
        accept_calling=calling_titles(values["accept_calling"]),
        max_pdu=values["max_pdu"],
        max_associations=values["max_associations"],
        tls=tls or (_secured(node.config.name, certificates) if values["tls"] else None),
    )
    if isinstance(config, ManagedConfig):
        config = _managed(config, values)
    node.config = node.around.config = config
    front.rules = Rules(values["firewall"], hung, values["large_packets"], values["pdu_limit"])
    if "store_seconds" in values:
        _storage(node, values, destinations, closed)


def _managed(config: ManagedConfig, values: Mapping[str, Any]) -> NodeConfig:
    config = replace(
        config,
        known_hosts=values["known_hosts"],
        permissions={ae: frozenset(may) for ae, may in values["permissions"].items()},
    )
    if "refused_classes" not in values:
        return config
    syntaxes = values["transfer_syntaxes"]
    return replace(
        config,
        refused_classes=frozenset(values["refused_classes"]),
        accepted_transfer_syntaxes=None if syntaxes is None else frozenset(syntaxes),
    )


def _storage(
    node: PacsNode, values: Mapping[str, Any], destinations: Mapping[str, Peer], closed: int
) -> None:
    rules = StorageRules(
        values["store_seconds"],
        values["room"],
        tuple(values["required"]),
        values["coerce"],
        values["duplicates"] == "discard",
    )
    around = node.around
    sink = around.sink
    if isinstance(sink, RuledArchive):
        sink.finish()
        sink = sink.sink
    ruled = rules != StorageRules() and around.archive is not None
    around.sink = RuledArchive(around.archive, rules, sink) if ruled and around.archive else sink
    blocked = frozenset(values["blocked_to"])
    around.destinations = Reachable(destinations, blocked, closed) if blocked else destinations


def _secured(name: str, certificates: Path) -> ssl.SSLContext:
    from labkit.dimse.tls import Authority, server_context

    return server_context(Authority(certificates).credential(name))
