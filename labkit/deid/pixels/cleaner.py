"""The cleaner of pixels that a de-identifier calls (PS3.15 E.3.1, E.3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.deid.pixels.blank import blank
from labkit.deid.pixels.defacing import Mode, deface
from labkit.deid.pixels.detect import suspicion
from labkit.deid.pixels.head import Cut, find_cut
from labkit.deid.pixels.regions import Region, SiteRules, plan
from labkit.deid.pixels.review import Review, digest_of
from labkit.deid.profile import Profile
from labkit.deid.risk import face_risk, text_risk
from labkit.deid.seams import Change, PixelFinding, Seen
from labkit.dicom.pixels import rendered, stored_values
from labkit.dicom.reading import PARSE_ERRORS, read

Array = npt.NDArray[Any]


class Cleaner:
    """Blanks burned-in text and removes faces; what it is not sure of, a person has to look at.

    Parameters
    ----------
    rules
        Of the site, by device.
    regions
        To be blanked in every image, on the user's word.
    review
        Where a person decides. Without it, whatever needs a person stays held.
    mode
        Of defacing: ``"remove"`` or ``"blur"``.
    """

    def __init__(
        self,
        *,
        rules: SiteRules | None = None,
        regions: Iterable[Region] = (),
        review: Review | None = None,
        mode: Mode = "remove",
    ) -> None:
        self._rules, self._regions = rules or SiteRules(), tuple(regions)
        self._review, self._mode = review, mode
        self._series: dict[str, list[Path | Dataset]] = {}
        self._cuts: dict[str, Cut | str] = {}

    def survey(self, items: Iterable[Path | Dataset]) -> Cleaner:
        """Look at headers, so that the slices of a head can be seen as one volume later.

        Parameters
        ----------
        items
            Files, or data sets in memory (which are kept, and read before they are changed).
        """
        for item in items:
            try:
                ds = item if isinstance(item, Dataset) else _header(item)
            except (DataError, *PARSE_ERRORS):
                continue  # the de-identifier will say that it cannot be read
            if "PixelData" in ds and face_risk(ds):
                self._series.setdefault(str(ds.get("SeriesInstanceUID", "")), []).append(item)
        return self

    def clean(self, ds: Dataset, profile: Profile) -> PixelFinding:
        """Clean in place what the profile asks for (`labkit.deid.PixelCleaner`)."""
        text: Seen = "none"
        face: Seen = "none"
        changes: list[Change] = []
        reasons: list[str] = []
        try:
            if profile.has("clean-pixel-data"):
                text, why = self._text(ds, changes)
                reasons += [why] * bool(why)
            if profile.has("clean-visual-features"):
                face, why = self._face(ds, changes)
                reasons += [why] * bool(why)
        except DataError as error:
            return PixelFinding("unsure", "unsure", tuple(changes), error.message)
        if changes and "IconImageSequence" in ds:
            del ds.IconImageSequence  # it shows what was removed
            changes.append(Change("00880200", "Icon Image Sequence", "X", "shows uncleaned pixels"))
        if "unsure" in (text, face):
            text, face = self._asked(ds, text, face, "; ".join(reasons))
        return PixelFinding(text, face, tuple(changes), "; ".join(reasons))

    def _text(self, ds: Dataset, changes: list[Change]) -> tuple[Seen, str]:
        what = plan(ds, self._rules, self._regions)
        if what:
            blank(ds, what)
            changes.append(Change("7FE00010", "Pixel Data", "C", " and ".join(what.sources)))
        seen = sum(bool(suspicion(frame)) for frame in _frames(ds))
        if seen:
            return "unsure", f"what may be text is left in {seen} frame(s)"
        if what:
            return "cleaned", ""
        risk = text_risk(ds)
        return ("unsure", risk.reason) if risk else ("none", "")

    def _face(self, ds: Dataset, changes: list[Change]) -> tuple[Seen, str]:
        risk = face_risk(ds)
        if not risk:
            return "none", ""
        cut = self._cut(str(ds.get("SeriesInstanceUID", "")))
        if isinstance(cut, str):
            return "unsure", f"{risk.reason}; {cut}"
        deface(ds, cut, self._mode)
        changes.append(Change("7FE00010", "Pixel Data", "C", f"face: {self._mode}d"))
        # Always a person's: whether enough is gone, no program knows.
        return "unsure", "defaced: is enough of the face gone, and is the brain whole?"

    def _cut(self, series: str) -> Cut | str:
        if series not in self._cuts:
            try:
                self._cuts[series] = find_cut([_whole(i) for i in self._series.get(series, [])])
            except DataError as error:
                self._cuts[series] = error.message
        return self._cuts[series]

    def _asked(self, ds: Dataset, text: Seen, face: Seen, why: str) -> tuple[Seen, Seen]:
        """Take what a person has decided about these pixels, or ask."""
        if self._review is None:
            return text, face
        if self._review.accepted(digest_of(ds)):
            return ("cleaned" if text == "unsure" else text), (
                "cleaned" if face == "unsure" else face
            )
        self._review.ask(ds, next(iter(_frames(ds, suspect=text == "unsure"))), why)
        return text, face


def _header(path: Path) -> Dataset:
    from pydicom import dcmread

    # Only headers are kept in memory; pixels are read again when the series is looked at.
    return dcmread(path, defer_size=1024)


def _whole(item: Path | Dataset) -> Dataset:
    return item if isinstance(item, Dataset) else read(item)


def _frames(ds: Dataset, *, suspect: bool = False) -> Sequence[Array]:
    """Return all frames to look at; if `suspect`, those first that may have text."""
    count = int(ds.get("NumberOfFrames", 1) or 1)
    frames = [_picture(ds, number) for number in range(count)]
    return sorted(frames, key=lambda frame: not suspicion(frame)) if suspect else frames


def _picture(ds: Dataset, number: int) -> Array:
    """Return a frame with its whole range shown: a window could hide what is written."""
    if int(ds.get("SamplesPerPixel", 1)) > 1 or (
        ds.get("PhotometricInterpretation") == "PALETTE COLOR"
    ):
        return rendered(ds, frame=number)
    values = stored_values(ds, number).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    return np.rint((values - low) / ((high - low) or 1.0) * 255.0).astype(np.uint8)
