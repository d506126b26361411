"""What a key of a design may be."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.common.errors import UsageError


def named(key: str, value: str) -> None:
    """Refuse an empty name."""
    if not value.strip():
        raise UsageError(f"{key} is empty.", remedy="Give it a name.")


def one_of(key: str, value: str, known: Sequence[str]) -> None:
    """Refuse what is not among the `known`."""
    if value not in known:
        listed = ", ".join(f'"{word}"' for word in known)
        raise UsageError(f'{key} cannot be "{value}".', remedy=f"It is one of {listed}.")


def not_negative(key: str, value: float) -> None:
    """Refuse what is below 0, and what is no number."""
    # NaN compares as false with everything, infinity is no size of anything.
    if not 0 <= value < float("inf"):
        raise UsageError(f"{key} is below 0, or no number.", remedy="Give 0 or more.")
