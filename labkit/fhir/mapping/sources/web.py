"""A DICOMweb server: QIDO-RS to find, WADO-RS metadata to read (PS3.18 10.6, 10.4.1.1.5).

Metadata are the headers of a series in one answer, without pixels: bulk data are left as links,
which are not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

import httpx
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.fhir.mapping.sources.base import Count, Header, Source
from labkit.fhir.mapping.sources.dicom_json import dataset_of
from labkit.fhir.mapping.sources.selection import Selection

PAGE = 100
TOKEN = "LABKIT_DICOMWEB_TOKEN"
"""Environment variable with a bearer token: a command line is no place for a secret."""
_SLICE_DAYS = 31


class WebSource(Source):
    """All studies of a DICOMweb server that a selection chooses.

    Parameters
    ----------
    base_url
        The base of its RESTful services: ``https://pacs.example/dicom-web``. A user and password
        in it are used (RFC 7617), a token of the environment variable `TOKEN` too.
    page
        How many studies to ask for at a time (PS3.18 8.3.4.4: limit and offset).
    slice_days, today, timeout
        As of `ArchiveSource`.
    transport
        Another way than the network, for tests.
    """

    grouped: ClassVar[bool] = True

    def __init__(
        self,
        base_url: str,
        selection: Selection | None = None,
        *,
        page: int = PAGE,
        slice_days: int = _SLICE_DAYS,
        today: date | None = None,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(selection)
        self.page, self.slice_days, self.today = page, slice_days, today or date.today()
        token = os.environ.get(TOKEN)
        self._http = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers={
                "Accept": "application/dicom+json",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
            timeout=timeout,
            transport=transport,
        )

    def __iter__(self) -> Iterator[Header]:
        for study in self._studies():
            uid = str(study.StudyInstanceUID)
            if uid in self.done:
                self.report.add(uid, "done before", "this study was done before")
                continue
            try:
                yield from self._instances(study)
            except (NetworkError, DataError) as error:
                self.incomplete.add(uid)
                self.report.add(f"study {uid}", "failed", error.message)

    def studies(self) -> Iterator[str]:
        """Search for studies alone."""
        for study in self._studies():
            yield str(study.StudyInstanceUID)

    def count(self) -> Count:
        """Ask for the studies, and add up what is said of their instances."""
        found = list(self._studies())
        numbers = [study.get("NumberOfStudyRelatedInstances") for study in found]
        known = all(number not in (None, "") for number in numbers)
        return Count(len(found), sum(int(n) for n in numbers if n) if known else None)

    def _studies(self) -> Iterator[Dataset]:
        seen: set[str] = set()
        for window in self.selection.slices(self.slice_days, self.today):
            for keys in self.selection.queries(window):
                keys["StudyInstanceUID"] = keys.get("StudyInstanceUID", "").replace("\\", ",")
                for study in self._pages({k: v for k, v in keys.items() if v}):
                    uid = str(study.get("StudyInstanceUID") or "")
                    if uid and uid not in seen:
                        seen.add(uid)
                        yield study

    def _pages(self, keys: dict[str, str]) -> Iterator[Dataset]:
        """Go through the pages of a search; a server that ignores `offset` says the same again."""
        offset, before = 0, ""
        while True:
            rows = self._search("studies", {**keys, "limit": str(self.page), "offset": str(offset)})
            first = str(rows[0].get("StudyInstanceUID") or "") if rows else ""
            if not rows or first == before:
                return
            yield from rows
            # A server may give fewer than asked for (PS3.18 8.3.4.4), or all of them.
            offset, before = offset + len(rows), first
            if len(rows) > self.page:
                return

    def _instances(self, study: Dataset) -> Iterator[Header]:
        uid = str(study.StudyInstanceUID)
        all_series = self._search(f"studies/{uid}/series", {"includefield": "Modality"})
        met = self.selection.met(study)
        for series in all_series:
            met |= self.selection.met(series)
        if not met >= self.selection.criteria:
            return
        for series in all_series:
            where = f"studies/{uid}/series/{series.SeriesInstanceUID}"
            for number, value in enumerate(self._json(f"{where}/metadata", {}), 1):
                try:
                    ds = dataset_of(value)
                except DataError as error:
                    self.report.add(f"{where} #{number}", "broken", error.message)
                    continue
                yield Header(ds, f"{where}/instances/{ds.get('SOPInstanceUID', '')}")

    def _search(self, where: str, keys: dict[str, str]) -> list[Dataset]:
        return [dataset_of(value) for value in self._json(where, keys)]

    def _json(self, where: str, keys: dict[str, str]) -> list[Any]:
        try:
            response = self._http.get(where, params=keys)
        except httpx.HTTPError as error:
            raise NetworkError(
                f"the DICOMweb server did not answer ({type(error).__name__})",
                remedy="Check the address: it is the part before /studies.",
            ) from error
        if response.status_code == 204:  # no match (PS3.18 10.6.3.1)
            return []
        if response.is_error:
            raise HttpError(
                f"the DICOMweb server answered {response.status_code} to {where}",
                status=response.status_code,
                remedy=_remedy(response.status_code),
            )
        try:
            value = response.json()
        except (ValueError, RecursionError) as error:
            raise NetworkError(
                f"the answer to {where} is not DICOM JSON",
                remedy="Check the address; a page of HTML is often a login.",
            ) from error
        return value if isinstance(value, list) else [value]


def _remedy(status: int) -> str:
    if status in (401, 403):
        return f"Give user and password in the address, or a token in {TOKEN}."
    if status == 404:
        return "Check the address: it is the part before /studies, as in https://pacs/dicom-web."
    return "Read the server's log."
