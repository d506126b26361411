"""QIDO-RS over C-FIND: at all PACS at once, merged, sorted, cut to the page, then completed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.dicomweb.dicom_json import to_json
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.held import Hook, through
from labkit.dicomweb.proxy.listing import everywhere
from labkit.dicomweb.proxy.looking import Found, Looker
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.plan import Plan
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.proxy.values import number_of, text_of
from labkit.dicomweb.source import Json, Page, Place, Search
from labkit.pacs.keys import Level
from labkit.pacs.matching import element_text, forms

_NOT_QIDO = ("00080052", "00080054", "00080005")
_ADDED = ("ModalitiesInStudy", "SOPClassesInStudy")


@dataclass
class _Merged:
    rows: dict[str, Found] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    disputes: list[tuple[str, str]] = field(default_factory=list)  # study, what is disputed


class Searcher:
    """Answers searches.

    Parameters
    ----------
    settings
        Of the façade.
    pacs
        In order; the first counts where two disagree.
    executor
        Where the others are asked.
    read, peek
        Give the header of one object at a place; the second only if it is cached.
    hooks
        What changes an answer before it leaves.
    """

    def __init__(
        self,
        settings: ProxySettings,
        pacs: Sequence[Pacs],
        executor: Executor,
        read: Callable[[Place], Dataset | None],
        peek: Callable[[Place], Dataset | None],
        hooks: Sequence[Hook] = (),
    ) -> None:
        self._settings, self._pacs, self._executor = settings, pacs, executor
        self._read, self._peek, self._hooks = read, peek, hooks

    def search(self, query: Search) -> Page:
        """Find.

        Raises
        ------
        LabkitError
            No PACS answered.
        WebError
            413: too much to go down into.
        """
        plan = Plan.of(query)
        looker = Looker(self._settings, plan, self._read, self._peek)
        answers = everywhere(self._pacs, self._executor, looker.walk)
        failed = {n: e for n, e in answers.items() if isinstance(e, LabkitError)}
        if len(failed) == len(answers) or any(_is_final(e) for e in failed.values()):
            raise next(iter(failed.values()))
        merged = _Merged()
        for name in failed:
            merged.warnings.append(f"{name} did not answer: what it has is missing")
        for pacs in self._pacs:
            if pacs.name in answers and pacs.name not in failed:
                _merge(merged, answers[pacs.name])
        rows = sorted(merged.rows.values(), key=_order(query.level))
        visible = query.visible
        if visible is not None:
            rows = [r for r in rows if all(visible(p, r.place.study) for p in r.patients)]
        shown = {row.place.study for row in rows}
        merged.warnings += [text for study, text in merged.disputes if study in shown]
        end = None if query.limit is None else query.offset + query.limit
        page = rows[query.offset : end]
        remaining = 0 if end is None else max(len(rows) - end, 0)
        looker.complete(page)
        warnings = [*plan.ignored, *merged.warnings, *looker.warnings]
        return Page([self._json(row) for row in page], remaining, list(dict.fromkeys(warnings)))

    def _json(self, row: Found) -> Json:
        found = to_json(through(self._hooks, row.ds) if self._hooks else row.ds)
        for tag in _NOT_QIDO:
            found.pop(tag, None)
        return dict(sorted(found.items()))


def _is_final(error: LabkitError) -> bool:
    """Whether it is the client's fault, and no other PACS can mend it."""
    return isinstance(error, WebError) and error.status < 500


def _merge(merged: _Merged, rows: list[Found]) -> None:
    for row in rows:
        uid = row.key
        held = merged.rows.get(uid)
        if held is None:
            merged.rows[uid] = row
            continue
        for keyword in ("PatientID", "PatientName"):
            ours, theirs = (_meaning(each.ds, keyword) for each in (held, row))
            if ours and theirs and ours != theirs:
                text = (
                    f"{held.pacs[0].name} and {row.pacs[0].name} disagree about {keyword} of study "
                    f"{row.place.study}; the answer is that of {held.pacs[0].name}"
                )
                merged.disputes.append((row.place.study, text))
        held.patients |= row.patients
        held.pacs += row.pacs
        for element in row.ds:
            if element.keyword in _ADDED and element.tag in held.ds:
                values = (element_text(each.ds[element.tag]).split("\\") for each in (held, row))
                both = sorted(set(chain(*values)) - {""})
                held.ds.add_new(element.tag, element.VR, both)
            elif element.tag not in held.ds or held.ds[element.tag].is_empty:
                held.ds.add(element)


def _meaning(ds: Dataset, keyword: str) -> list[str]:
    if keyword not in ds:
        return []
    return [form for form in forms(str(ds[keyword].VR), element_text(ds[keyword])) if form]


def _order(level: Level) -> Callable[[Found], tuple[Any, ...]]:
    """Newest studies first, then by number; UIDs last, so that the order is the same each time."""

    def order(row: Found) -> tuple[Any, ...]:
        date = text_of(row.ds, "StudyDate") + text_of(row.ds, "StudyTime")
        key: list[Any] = [[-ord(c) for c in date.ljust(14, "0")], row.place.study]
        if level is not Level.STUDY:
            key += [number_of(row.ds, "SeriesNumber"), row.place.series]
        if level is Level.IMAGE:
            key += [number_of(row.ds, "InstanceNumber"), row.place.instance]
        return tuple(key)

    return order
