"""What a hub is told by its environment; safe where nothing is said."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.workshop.release import Workshop

_SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True)
class HubSettings:
    """How a hub serves a workshop.

    Attributes
    ----------
    workshop
        Whose learners.
    bind, port
        Where browsers find it.
    memory
        Bytes that all processes of one learner may have together; also the most of each.
    processes
        How many processes and threads one learner may have.
    minutes
        After which a kernel that nobody used is ended; a quarter of an hour later, the server.
    accounts
        Whether each learner has an account (uid) of their own.
    ports
        On loopback, of the hub itself and of what steers the proxy.
    proxy
        The program before the hub.
    """

    workshop: Workshop
    bind: str = "127.0.0.1"
    port: int = 8000
    memory: int = 2 << 30
    processes: int = 512
    minutes: int = 45
    accounts: bool = True
    ports: tuple[int, int] = (8081, 8001)
    proxy: tuple[str, ...] = ("configurable-http-proxy",)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> HubSettings:
        """Read the variables ``LABKIT_HUB_…``.

        Raises
        ------
        UsageError
            One of them cannot be; or accounts are wanted, and this process may not give them.
        """
        say = {k.removeprefix("LABKIT_HUB_"): v for k, v in environment.items() if v.strip()}
        settings = cls(
            workshop=Workshop(Path(say.get("WORKSHOP", "workshop")).resolve()),
            bind=say.get("BIND", cls.bind),
            port=_number("PORT", say, cls.port, most=65535),
            memory=_bytes(say.get("MEMORY", "2G")),
            processes=_number("PROCESSES", say, cls.processes),
            minutes=_number("IDLE", say, cls.minutes),
            accounts=_yes("ACCOUNTS", say, "own", "shared"),
            ports=(_number("PORT_INSIDE", say, 8081), _number("PORT_PROXY", say, 8001)),
            proxy=tuple(say.get("PROXY", "configurable-http-proxy").split()),
        )
        if settings.accounts and os.geteuid() != 0:
            raise UsageError(
                "Accounts of their own for learners need a hub that is root, and this one is not.",
                remedy="Run it in its container (docs/hub.md). LABKIT_HUB_ACCOUNTS=shared does "
                "without: every learner can then read and change what the others have.",
            )
        return settings


def _number(name: str, say: Mapping[str, str], default: int, most: int = 1 << 20) -> int:
    word = say.get(name, str(default)).strip()
    if not (word.isascii() and word.isdigit() and 0 < int(word) <= most):
        raise UsageError(
            f"LABKIT_HUB_{name} cannot be {word!r}.", remedy=f"It is a number from 1 to {most}."
        )
    return int(word)


def _bytes(word: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5})([KMG])", word.strip())
    if match is None or int(match[1]) * _SIZES[match[2]] < 512 << 20:
        raise UsageError(
            f"LABKIT_HUB_MEMORY cannot be {word!r}.",
            remedy="It is 512M at least, such as 1500M or 2G: a lab and a kernel need 350M.",
        )
    return int(match[1]) * _SIZES[match[2]]


def _yes(name: str, say: Mapping[str, str], yes: str, no: str) -> bool:
    word = say.get(name, yes).strip()
    if word not in (yes, no):
        raise UsageError(f"LABKIT_HUB_{name} cannot be {word!r}.", remedy=f"It is {yes} or {no}.")
    return word == yes
