"""HTTP services that belong together: each on its own port, started and stopped by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from labkit.common.errors import UsageError
from labkit.common.serving import HOST, HttpService

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Services:
    """Services by name. All have their ports at once, so that each can be told of the others.

    Parameters
    ----------
    owner
        Whose they are; part of what they are called.
    names
        What there is.
    """

    def __init__(self, owner: str, names: Iterable[str]) -> None:
        self._services = {name: HttpService(f"{owner} {name}") for name in names}
        self._down: set[str] = set()
        for service in self._services.values():
            service.bind()

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each answers, by name."""
        return {name: f"http://{HOST}:{one.port}/" for name, one in self._services.items()}

    @property
    def running(self) -> list[str]:
        """The names of those that answer now."""
        return [name for name, service in self._services.items() if service.running]

    def start(self, names: Sequence[str], make: Callable[[str], ASGIApp]) -> None:
        """Start those of these names (all, if there are none), at the ports that they had."""
        idle = [name for name in self._chosen(names) if not self._services[name].running]
        self._each(idle, lambda name: self._start(name, make(name)))

    def stop(self, names: Sequence[str] = ()) -> None:
        """Stop those of these names (all, if there are none); then nobody listens there."""
        running = [name for name in self._chosen(names) if self._services[name].running]
        self._each(running, self._stop)

    def close(self) -> None:
        """Stop all, and give their ports back."""
        self._each(list(self._services), lambda name: self._services[name].stop())

    def _start(self, name: str, app: ASGIApp) -> None:
        if name in self._down:
            self._services[name].bind(self._services[name].port)
            self._down.discard(name)
        self._services[name].start(app)

    def _stop(self, name: str) -> None:
        self._services[name].stop()
        self._down.add(name)

    def _each(self, names: Sequence[str], do: Callable[[str], None]) -> None:
        if names:
            with ThreadPoolExecutor(len(names)) as pool:
                list(pool.map(do, names))

    def _chosen(self, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            if name not in self._services:
                known = ", ".join(self._services)
                raise UsageError(f"There is no service {name!r} here.", remedy=f"One of: {known}.")
        return names or list(self._services)
