"""HeaderBrowser, the Python side: all logic is here and works without a browser."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from pydicom.dataset import Dataset
from traitlets import Bool, Dict, Unicode

from labkit.common.errors import UsageError
from labkit.dicom.compare import Difference, compare
from labkit.dicom.edit import set_value
from labkit.dicom.explain import Explanation, explain
from labkit.dicom.header import HeaderRow
from labkit.dicom.layout import ElementBytes, element_bytes
from labkit.dicom.paths import canonical_path
from labkit.dicom.reading import read
from labkit.widgets.base import LabWidget
from labkit.widgets.header_browser.table import Table, detail, html_table

Source = Dataset | Path | str


class HeaderBrowser(LabWidget):
    """Browse, search, compare and edit a header.

    Parameters
    ----------
    source
        A data set, or a path to a DICOM file. The bytes of a file are shown with their offsets.
    other
        A second one to compare with: what it adds, lacks or changes.
    search
        What to search for at first; also limits what a page without widgets shows.

    Raises
    ------
    DataError
        A path does not lead to a DICOM file; the message says what it is.

    Examples
    --------
    >>> browser = HeaderBrowser(ds)
    >>> browser.rows(search="patient")          # what the search box finds
    >>> browser.select("PatientName").notes     # what the lower half shows
    >>> browser.edit("PatientName", "Doe^Jo")   # in a copy: browser.edited
    """

    folder: ClassVar[Path] = Path(__file__).parent

    search = Unicode("", help="words that a shown row has in tag, keyword, name, VR or value").tag(
        sync=True
    )
    selected = Unicode("", help="path of the selected row").tag(sync=True)
    only_differences = Bool(False, help="hide rows that are the same on both sides").tag(sync=True)
    _table = Dict(help="rows and column titles; see Table.payload").tag(sync=True)
    _detail = Dict(help="explanation and bytes of the selected row; see detail").tag(sync=True)

    def __init__(self, source: Source, other: Source | None = None, *, search: str = "") -> None:
        self._sources = [source] if other is None else [source, other]
        self._datasets = [_dataset(each) for each in self._sources]
        self._edited: Dataset | None = None
        self._content = Table(self._compared(), self._titles())
        super().__init__(search=search, _table=self._content.payload())
        self.observe(self._show_detail, "selected")

    # -- what is shown --

    def rows(self, search: str | None = None) -> list[HeaderRow]:
        """List the rows that a search finds, and those that lead to them; all for ``""``.

        Parameters
        ----------
        search
            By default what the search box holds.
        """
        wanted = self.search if search is None else search
        return [difference.row for difference in self._content.found(wanted)]

    def differences(self) -> list[Difference]:
        """List what the other data set, or your edits, changed, added or removed."""
        return [row for row in self._content.differences if row.status != "same"]

    def select(self, path: str | int) -> Explanation:
        """Select an element in the view, and return what is known about it.

        Raises
        ------
        UsageError
            There is no such element.
        """
        spelt = canonical_path(path)
        side = self._side(spelt)
        explanation = explain(self._pair()[side], spelt)
        self.selected = spelt
        return explanation

    def bytes(self, path: str | int | None = None) -> ElementBytes:
        """Return the encoded bytes of an element, by default of the selected one."""
        spelt = canonical_path(path) if path is not None else self.selected
        if not spelt:
            raise UsageError("Nothing is selected.", remedy="Give a path, or select a row first.")
        side = self._side(spelt)
        return element_bytes(self._byte_source(side), spelt)

    # -- editing a copy --

    @property
    def edited(self) -> Dataset:
        """The copy that `edit` changes. The data set that was given is never touched."""
        if len(self._sources) == 2:
            raise UsageError(
                "Two data sets are compared here; neither is edited.",
                remedy="Make a HeaderBrowser of the one to edit.",
            )
        if self._edited is None:
            self._edited = copy.deepcopy(self._datasets[0])
        return self._edited

    def edit(self, path: str | int, value: str) -> None:
        r"""Set a value in the copy; several are parted by a backslash, bytes are hexadecimal.

        Raises
        ------
        DataError
            The VR does not allow it; the message says why. The copy stays as it was.
        """
        set_value(self.edited, path, value)
        self.refresh()

    def revert(self) -> None:
        """Drop all edits."""
        self._edited = None
        self.refresh()

    def refresh(self) -> None:
        """Read the data sets again, after they were changed elsewhere."""
        self._content = Table(self._compared(), self._titles())
        self._table = self._content.payload()
        self._show_detail()

    # -- inside --

    def _pair(self) -> list[Dataset]:
        return [*self._datasets, self._edited] if self._edited is not None else self._datasets

    def _compared(self) -> list[Difference]:
        pair = self._pair()
        return compare(pair[0], pair[-1])

    def _titles(self) -> list[str]:
        if len(self._sources) == 2:
            names = [
                Path(str(getattr(ds, "filename", None) or "")).name or default
                for ds, default in zip(self._datasets, ("first", "second"), strict=True)
            ]
            return names if names[0] != names[1] else ["first", "second"]
        return ["original", "edited"] if self._edited is not None else ["value"]

    def _side(self, path: str) -> int:
        row = self._content.by_path.get(path)
        return -1 if row is not None and row.left is None else 0

    def _byte_source(self, side: int) -> Source:
        pair = self._pair()
        if side < len(self._sources) and pair[side] is self._datasets[side]:
            return self._sources[side]
        return pair[side]

    def _show_detail(self, _change: object = None) -> None:
        row = self._content.by_path.get(self.selected)
        if row is None:
            self._detail = {}
            return
        titles = self._titles()
        if self._edited is not None and row.status == "same":
            titles = titles[:1]  # an edit elsewhere: no need to show this twice
        sides = [
            (title, self._pair()[index], self._byte_source(index))
            for index, title in enumerate(titles)
            if (row.left, row.right)[index] is not None
        ]
        editable = len(self._sources) == 1 and row.row.vr not in ("", "SQ")
        self._detail = detail(row, sides, editable=editable)

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return what the view may ask for."""
        return {
            "edit": lambda message: self.edit(str(message["path"]), str(message["value"])),
            "revert": lambda _message: self.revert(),
            "rows": self._send_rows,
        }

    def _send_rows(self, message: dict[str, Any]) -> None:
        """Send rows that were too many to send at once: below a path, or those of a search."""
        rows = self._content.below(str(message.get("path", "")), str(message.get("search", "")))
        self.send({"kind": "rows", "rows": rows})

    def summary(self) -> str:
        """Say how much there is."""
        count = sum(not row.row.is_item for row in self._content.differences)
        found = f"{count} elements"
        if len(self._pair()) == 2:
            found += f", {len(self.differences())} differences"
        return found

    def fallback(self) -> dict[str, object]:
        """Return the header, or the differences, as a plain table."""
        return {"text/html": html_table(self._content, self.search, self.only_differences)}


def _dataset(source: object) -> Dataset:
    if isinstance(source, Dataset):
        return source
    if isinstance(source, (str, Path)):
        return read(source)
    raise UsageError(
        f"A header belongs to one data set; {type(source).__name__} is not one.",
        remedy="Give a data set or the path of a file: one of a study's files, for example.",
    )
