"""The file of a façade: ``labkit proxy --config FILE``. docs/proxy.md is its reference.

::

    [proxy]
    port = 8080

    [receive]                   # where C-MOVE sends to
    port = 11113

    [[pacs]]
    ae_title = "OLDPACS"
    host = "pacs.example.org"
    port = 104

    [[client]]
    name = "ai-platform"
    token_sha256 = "9f86d0…"
    acts = ["read", "store"]
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.dicomweb.proxy.service.clients import ClientPart, ClientsPart
from labkit.dicomweb.proxy.service.parts import CachePart, PacsPart, ProxyPart, ReceivePart

_ONE: Mapping[str, type] = {
    "proxy": ProxyPart,
    "receive": ReceivePart,
    "cache": CachePart,
    "clients": ClientsPart,
}
_SEVERAL: Mapping[str, type] = {"pacs": PacsPart, "client": ClientPart}


@dataclass(frozen=True)
class ServiceConfig:
    """What the file says. Its ``repr`` shows no secret."""

    path: Path
    proxy: ProxyPart
    pacs: tuple[PacsPart, ...]
    receive: ReceivePart | None = None
    cache: CachePart = field(default_factory=CachePart)
    clients: ClientsPart = field(default_factory=ClientsPart)
    client: tuple[ClientPart, ...] = ()

    @property
    def cache_folder(self) -> Path:
        """Where the cache is; a relative name is taken from the folder of the file."""
        return (self.path.parent / Path(self.cache.folder).expanduser()).resolve()

    @property
    def senders(self) -> list[str]:
        """Calling AE titles that may send to us."""
        allowed = self.receive.allow if self.receive is not None else ()
        return list(allowed or dict.fromkeys(pacs.ae_title for pacs in self.pacs))

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each client's token, by the client's name."""
        return {
            one.name: (one.token_sha256 or hashlib.sha256(one.token.encode()).hexdigest()).lower()
            for one in self.client
        }


def load(path: Path, environment: Mapping[str, str] | None = None) -> ServiceConfig:
    """Read the file.

    Parameters
    ----------
    environment
        Where ``${NAME}`` is looked up; by default the variables of this process.

    Raises
    ------
    UsageError
        It cannot be read, or says what cannot be; the message names line, section and key, and no
        value of a secret.
    """
    path = path.expanduser().resolve()
    file = TomlFile.read(
        path, missing="Make it as docs/proxy.md shows, or name another.", environment=environment
    )
    file.sections([*_ONE, *_SEVERAL], lists=_SEVERAL)
    for name, what in (("proxy", "[proxy]"), ("pacs", "[[pacs]]")):
        if not file.data.get(name):
            raise UsageError(f"{path.name} has no {what}.", remedy=f"Add {what}: docs/proxy.md.")
    for name, key in (("pacs", "passcode"), ("client", "token")):
        _no_secrets(file, name, key)
    parts: dict[str, Any] = {
        name: file.section(kind, name, file.data[name])
        for name, kind in _ONE.items()
        if name in file.data
    }
    for name, kind in _SEVERAL.items():
        parts[name] = tuple(
            file.section(kind, name, table, number)
            for number, table in enumerate(file.data.get(name, ()))
        )
    config = ServiceConfig(path=path, **parts)
    for name in _SEVERAL:
        _no_twins(file, name, [one.name for one in parts[name]])
    _consistent(file, config)
    return config


def _no_secrets(file: TomlFile, name: str, key: str) -> None:
    """A file is copied, mailed and committed: refuse a secret in it."""
    for number, table in enumerate(file.data.get(name, ())):
        value = table.get(key)
        if isinstance(value, str) and value and "${" not in value:
            other = "passcode_file" if key == "passcode" else "token_sha256"
            raise UsageError(
                f"{file.where(name, key, number)}: [[{name}]] {key} stands in the file itself.",
                remedy=f'Write {key} = "${{VARIABLE}}" and set that variable, or use {other}.',
            )


def _no_twins(file: TomlFile, name: str, names: list[str]) -> None:
    for value, count in Counter(names).items():
        if count > 1:
            last = len(names) - 1 - names[::-1].index(value)
            raise UsageError(
                f"{file.where(name, 'name', last)}: [[{name}]] {value} is there {count} times.",
                remedy='Give each a name of its own: name = "…".',
            )


def _consistent(file: TomlFile, config: ServiceConfig) -> None:
    """Refuse what is right alone, and wrong together."""
    proxy = config.proxy
    if proxy.open_to_network and not config.client and not proxy.secure:
        raise UsageError(
            f"{file.where('proxy', 'bind')}: [proxy] bind opens the façade to the network, and "
            "there is neither a client nor TLS.",
            remedy="Add [[client]], or certificate and key; or leave bind out.",
        )
    if proxy.open_to_network and config.clients.open:
        raise UsageError(
            f"{file.where('clients', 'open')}: [clients] open would show the images to everybody "
            "on the network.",
            remedy="Leave it out, and give each client a token; or leave [proxy] bind out.",
        )
    if config.receive is None:
        for number, pacs in enumerate(config.pacs):
            if pacs.retrieve == "c-move":
                raise UsageError(
                    f"{file.where('pacs', 'retrieve', number)}: [[pacs]] {pacs.name} is to send by "
                    "C-MOVE, and there is no [receive] for it.",
                    remedy="Add [receive] with a port, or have it retrieve by C-GET.",
                )
    elif config.receive.port == proxy.port:
        raise UsageError(
            f"{file.where('receive', 'port')}: [receive] port is that of [proxy].",
            remedy="DICOM and the web need a port each.",
        )
    known = {pacs.name for pacs in config.pacs}
    if proxy.store_to and proxy.store_to not in known:
        raise UsageError(
            f"{file.where('proxy', 'store_to')}: [proxy] store_to names no [[pacs]].",
            remedy=f"There is {', '.join(sorted(known))}.",
        )
    for number, client in enumerate(config.client):
        if unknown := sorted(set(client.pacs) - known):
            raise UsageError(
                f"{file.where('client', 'pacs', number)}: [[client]] pacs names {unknown[0]}, "
                "and there is no such [[pacs]].",
                remedy=f"There is {', '.join(sorted(known))}.",
            )
    if len(set(config.digests.values())) < len(config.client):
        raise UsageError(
            f"{file.where('client')}: two clients have the same token.",
            remedy="Give each its own: it says who asks.",
        )
