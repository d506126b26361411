"""Settings as a notebook shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydicom.uid import UID

from labkit.common.html_table import html_table
from labkit.lab.settings import table


class SettingsView(Mapping[str, Any]):
    """What a node or modality is set to: a mapping, shown as a table with explanations.

    Parameters
    ----------
    name
        Whose.
    values
        All of them.
    """

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name = name
        self._values = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return name, value and explanation of each."""
        says = table(self.name)
        return [(key, _shown(value), says[key].says) for key, value in self._values.items()]

    def __repr__(self) -> str:
        rows = [(key, value) for key, value, _ in self.rows()]
        width = max(len(key) for key, _ in rows)
        return "\n".join([self.name, *(f"  {key.ljust(width)}  {value}" for key, value in rows)])

    def _repr_html_(self) -> str:
        return html_table(("setting", "value", "what it is"), self.rows(), caption=self.name)


def _shown(value: Any) -> str:
    """A value in words; UIDs by their names."""
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) or "none"
    if isinstance(value, str) and value.startswith("1.2.840."):
        return str(UID(value).name)
    return str(value)
