"""Networks that run: small, with lines that take no time, unless a test is about that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.exchange.network import Design, Network, example

Start = Callable[..., Network]


def quick(design: Design) -> Design:
    """The same without delays and rates."""
    return design.changed(links=tuple(replace(link, mbit=0.0, ms=0.0) for link in design.links))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start networks by the name of an example, or of designs; each ends with the test."""
    running: list[Network] = []

    def starting(design: str | Design, **more: object) -> Network:
        if isinstance(design, str):
            design = quick(example(design))
        network = Network(design, tmp_path / str(len(running)), **more)  # type: ignore[arg-type]
        running.append(network)
        return network.start()

    yield starting
    for network in running:
        network.close()
