"""Which studies are wanted: by UID, accession number, date and modality."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.pacs.matching.range import Range, parse_range

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class Selection:
    """Chooses whole studies, never a part of one: a count in an ImagingStudy must stay true.

    Values of one criterion are alternatives; a study has to meet every criterion that is given.

    Attributes
    ----------
    study
        Study Instance UIDs.
    accession
        Accession Numbers.
    date
        Study Date, as DICOM (``20260115``, ``20260101-20260131``, ``20260101-``) or as ISO 8601
        (``2026-01-15``, ``2026-01-01/2026-01-31``) writes it.
    modality
        Modalities; a study with a series of one of them is wanted, with all its series.

    Raises
    ------
    UsageError
        The date is none, or ends before it begins.
    """

    study: tuple[str, ...] = ()
    accession: tuple[str, ...] = ()
    date: str = ""
    modality: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.date:
            object.__setattr__(self, "date", _ISO.sub(r"\1\2\3", self.date).replace("/", "-"))
            window = self.window
            for end in filter(None, (window.low, window.high)):
                _day(end)
            if window.high and window.high < window.low:
                raise UsageError(
                    f"the date range {self.date} ends before it begins",
                    remedy="Write the earlier day first.",
                )

    @property
    def window(self) -> Range:
        """The dates, ``""`` for an open end."""
        return parse_range("DA", self.date) if self.date else Range("", "")

    @property
    def criteria(self) -> frozenset[str]:
        """The names of the criteria that are given."""
        return frozenset(name for name in ("study", "accession", "date", "modality")
                         if getattr(self, name))  # fmt: skip

    def met(self, ds: Dataset) -> set[str]:
        """Say which of the criteria this instance meets; a study meets what one of its does."""
        found = set()
        if self.study and str(ds.get("StudyInstanceUID") or "") in self.study:
            found.add("study")
        if self.accession and str(ds.get("AccessionNumber") or "").strip() in self.accession:
            found.add("accession")
        if self.modality and {str(ds.get("Modality") or "")} & set(self.modality):
            found.add("modality")
        if self.date and self.window.matches([str(ds.get("StudyDate") or "")]):
            found.add("date")
        return found

    def rules_out(self, ds: Dataset) -> bool:
        """Whether no other instance of its study could change the answer, which is no."""
        return bool(self.study) and "study" not in self.met(ds)

    def queries(self, window: Range | None = None) -> Iterator[dict[str, str]]:
        """Give the matching keys of the queries at study level that find what is wanted.

        One value is sent in each key: only UIDs may be listed (PS3.4 C.2.2.2.2).
        """
        shared = {"StudyInstanceUID": "\\".join(self.study)} if self.study else {}
        window = window or self.window
        if window != Range("", ""):
            shared["StudyDate"] = (
                window.low if window.low == window.high else f"{window.low}-{window.high}"
            )
        for accession, modality in product(self.accession or ("",), self.modality or ("",)):
            more = {"AccessionNumber": accession, "ModalitiesInStudy": modality}
            yield {**shared, **{key: value for key, value in more.items() if value}}

    def slices(self, days: int, today: datetime.date) -> list[Range]:
        """Cut the dates into windows of so many days, so that an archive is never asked for all.

        A range without an end ends `today`; without a beginning it cannot be cut.
        """
        window = self.window
        if not window.low or days < 1:
            return [window]
        first, last = _day(window.low), _day(window.high) if window.high else today
        found = []
        while first <= last:
            end = min(first + timedelta(days - 1), last)
            found.append(Range(f"{first:%Y%m%d}", f"{end:%Y%m%d}"))
            first = end + timedelta(1)
        return found or [window]


def halves(window: Range) -> list[Range]:
    """Cut a window in two; a single day, or an open one, stays as it is."""
    if not (window.low and window.high) or window.low == window.high:
        return [window]
    first, last = _day(window.low), _day(window.high)
    middle = first + (last - first) // 2
    return [Range(window.low, f"{middle:%Y%m%d}"),
            Range(f"{middle + timedelta(1):%Y%m%d}", window.high)]  # fmt: skip


def _day(text: str) -> datetime.date:
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError as error:
        raise UsageError(f"{text} is no day: {error}", remedy="Look at the calendar.") from error
