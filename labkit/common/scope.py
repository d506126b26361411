"""``with thing:``: what is open is closed at the end of the block, what was started is stopped."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

_Closes = TypeVar("_Closes", bound="Closes")
_Runs = TypeVar("_Runs", bound="Runs")


class Closes:
    """Is closed at the end of its ``with`` block."""

    def __enter__(self: _Closes) -> _Closes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what it holds."""
        raise NotImplementedError


class Runs(Closes):
    """Is started at the beginning of its ``with`` block, and stopped at the end."""

    def __enter__(self: _Runs) -> _Runs:
        self.start()
        return self

    def close(self) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> object:
        """Serve from now on."""
        raise NotImplementedError

    def stop(self) -> None:
        """End what was started."""
        raise NotImplementedError
