"""Which PACS the request of this moment may use: all, unless its client may use some alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_REACH: ContextVar[frozenset[str] | None] = ContextVar("labkit_proxy_reach", default=None)


@contextmanager
def limited_to(names: frozenset[str] | None) -> Iterator[None]:
    """Have what is done in the block see only PACS of these names; ``None``: all."""
    token = _REACH.set(names)
    try:
        yield
    finally:
        _REACH.reset(token)


def reach() -> frozenset[str] | None:
    """The names; ``None`` for all."""
    return _REACH.get()


def reached(name: str) -> bool:
    """Whether the PACS of this name may be used."""
    names = _REACH.get()
    return names is None or name in names
