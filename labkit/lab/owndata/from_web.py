"""A DICOMweb server as a source: QIDO-RS to know what there is, WADO-RS to have it (PS3.18 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydicom.dataset import Dataset

from labkit.common.errors import HttpError, NetworkError
from labkit.dicomweb import DicomwebClient
from labkit.fhir.mapping.sources.web import TOKEN
from labkit.lab.owndata.found import Asked, Found, FoundSeries, FoundStudy, Original
from labkit.lab.owndata.from_archive import NotSent, study_of

PAGE = 100
"""Matches in one answer, at most (PS3.18 8.3.4.4)."""
_LOGIN = (
    f"Put a token into the environment variable {TOKEN}, or user and password into labkit.toml "
    "and import own:dicomweb."
)
_TRUST = (
    "If the certificate is your organisation's own: name it in labkit.toml (ca = …) and import "
    "own:dicomweb. If not, do not go on."
)


class WebOrigin:
    """A DICOMweb server that is only read."""

    def __init__(self, client: DicomwebClient) -> None:
        self.client = client

    def survey(self, asked: Asked) -> Found:
        """Ask at study, series and instance level."""
        keys = {"StudyInstanceUID": asked.study, "PatientID": asked.patient,
                "AccessionNumber": asked.accession}  # fmt: skip
        given = {name: value for name, value in keys.items() if value}
        found = Found()
        try:
            matches = _every(lambda **page: self.client.studies(**given, **page))
            found.studies = asked.first([study_of(match) for match in matches])
            for study in found.studies:
                self._look_into(study)
        except NetworkError as error:
            raise _told(error) from error
        return found

    def objects(self, study: FoundStudy, have: Callable[[str], bool]) -> Iterator[Original]:
        """Take a series that is all missing as one answer, and of another what is missing."""
        try:
            for series in study.series.values():
                missing = [uid for uid in series.instances if not have(uid)]
                if len(missing) == len(series.instances):
                    yield from self._series(study, series)
                else:
                    yield from (self._one(study, series, uid) for uid in missing)
        except NetworkError as error:
            raise _told(error) from error

    def _look_into(self, study: FoundStudy) -> None:
        for match in _every(lambda **page: self.client.series(study.uid, **page)):
            uid = str(match.SeriesInstanceUID)
            series = study.series[uid] = FoundSeries(uid, str(match.get("Modality") or ""))
            for each in _every(
                lambda uid=uid, **page: self.client.instances(study.uid, uid, **page)
            ):
                series.instances[str(each.SOPInstanceUID)] = str(each.get("SOPClassUID") or "")

    def _series(self, study: FoundStudy, series: FoundSeries) -> Iterator[Original]:
        came = set()
        for ds in self.client.retrieve(study.uid, series.uid):
            uid = str(ds.SOPInstanceUID)
            came.add(uid)
            yield Original(uid, f"instance {uid}", lambda ds=ds: ds)  # type: ignore[misc]
        for uid in series.instances:
            if uid not in came:
                yield self._one(study, series, uid)

    def _one(self, study: FoundStudy, series: FoundSeries, uid: str) -> Original:
        def load() -> Dataset:
            try:
                return next(self.client.retrieve(study.uid, series.uid, uid))
            except (HttpError, StopIteration) as error:
                raise NotSent(
                    f"the server did not send it ({error})",
                    remedy="Run the same command again; if it stays so, ask who runs it.",
                ) from error

        return Original(uid, f"instance {uid}", load)


def _every(search: Callable[..., list[Dataset]]) -> Iterator[Dataset]:
    """Go through all pages; a server that does not know `offset` says the first one again."""
    offset, seen = 0, set[str]()
    while True:
        page = search(limit=PAGE, offset=offset)
        new = [match for match in page if _key(match) not in seen]
        yield from new
        seen.update(map(_key, new))
        offset += len(page)
        if not new or len(page) != PAGE:
            return


def _key(match: Dataset) -> str:
    names = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
    return next((str(match.get(name)) for name in names if match.get(name)), "")


def _told(error: NetworkError) -> NetworkError:
    """Say what to do about a login and about a certificate; anything else is told as it is."""
    if isinstance(error, HttpError):
        if error.status in (401, 403):
            return HttpError(error.message, status=error.status, remedy=_LOGIN)
        return error
    chain: BaseException | None = error
    while chain is not None:
        if "CERTIFICATE_VERIFY_FAILED" in str(chain):
            return NetworkError("the server's certificate is not trusted here", remedy=_TRUST)
        chain = chain.__cause__ or chain.__context__
    return error
