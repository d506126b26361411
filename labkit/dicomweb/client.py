"""A DICOMweb client: data sets in and out (PS3.18 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from pydicom.dataset import Dataset, FileDataset

from labkit.common.errors import HttpError, NetworkError
from labkit.common.web import HttpClient
from labkit.dicom.guarded import read_dataset
from labkit.dicom.transcode import encoded
from labkit.dicomweb.dicom_json import dataset_of
from labkit.dicomweb.media import DICOM, JSON, OCTETS, parse
from labkit.dicomweb.multipart import Writer, parts
from labkit.dicomweb.source import Place


class DicomwebClient(HttpClient):
    """The services of one DICOMweb server.

    Parameters
    ----------
    base_url
        The part of its addresses before ``/studies``.
    transport
        Another way than the network (in tests: straight into the application).
    headers
        Sent with each request, as ``{"Authorization": "Bearer …"}``.
    timeout
        Seconds that the server may be silent.

    Examples
    --------
    >>> web = DicomwebClient(url)                                       # doctest: +SKIP
    >>> for study in web.studies(PatientName="Rossi*", limit=10):       # doctest: +SKIP
    ...     print(study.StudyDate, web.metadata(study.StudyInstanceUID)[0].Modality)
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 60.0,
    ) -> None:
        super().__init__(base_url, transport=transport, headers=headers, timeout=timeout)

    def studies(self, **keys: Any) -> list[Dataset]:
        """Search for studies (QIDO-RS, 10.6).

        Parameters
        ----------
        keys
            Keywords with values, ``limit``, ``offset``, ``includefield`` and ``fuzzymatching``.
        """
        return self._search("/studies", keys)

    def series(self, study: str = "", **keys: Any) -> list[Dataset]:
        """Search for series, of one study or of all."""
        return self._search(f"{Place(study).path}/series", keys)

    def instances(self, study: str = "", series: str = "", **keys: Any) -> list[Dataset]:
        """Search for instances, of one series, of one study or of all."""
        return self._search(f"{Place(study, series).path}/instances", keys)

    def metadata(self, study: str, series: str = "", instance: str = "") -> list[Dataset]:
        """Return headers: data sets whose bulk data are empty (10.4.1.1.2)."""
        path = f"{Place(study, series, instance).path}/metadata"
        answer = self._get(path, {"Accept": JSON})
        return [dataset_of(value) for value in _json(answer)]

    def retrieve(
        self, study: str, series: str = "", instance: str = "", *, transfer_syntax: str = "*"
    ) -> Iterator[FileDataset]:
        """Go through the objects of a study, a series, or one, each as it arrives (10.4.1.1.1).

        Parameters
        ----------
        transfer_syntax
            A UID that all are wanted in; by default each comes as it is stored.
        """
        for file in self.files(study, series, instance, transfer_syntax=transfer_syntax):
            yield read_dataset(BytesIO(file))

    def files(
        self, study: str, series: str = "", instance: str = "", *, transfer_syntax: str = "*"
    ) -> Iterator[bytes]:
        """As `retrieve`, each as the Part 10 file that came: nothing of it is read."""
        accept = f'multipart/related; type="{DICOM}"; transfer-syntax={transfer_syntax}'
        yield from self._parts(Place(study, series, instance).path, accept)

    def frames(self, study: str, series: str, instance: str, numbers: Iterable[int]) -> list[bytes]:
        """Return frames, counted from 1, decoded: as Pixel Data has them (10.4.1.1.6)."""
        listed = ",".join(map(str, numbers))
        path = f"{Place(study, series, instance).path}/frames/{listed}"
        return list(self._parts(path, f'multipart/related; type="{OCTETS}"'))

    def rendered(
        self, study: str, series: str = "", instance: str = "", kind: str = "image/png", **how: Any
    ) -> bytes:
        """Return a picture; `how` may have ``window``, ``viewport``, ``quality`` (10.4.1.1.3)."""
        path = f"{Place(study, series, instance).path}/rendered"
        return self._get(path, {"Accept": kind}, how).content

    def store(self, objects: Iterable[Dataset | Path], study: str = "") -> Dataset:
        """Store data sets or Part 10 files, one after the other (STOW-RS, 10.5).

        Returns
        -------
        pydicom.dataset.Dataset
            What the server says: Referenced SOP Sequence has those that are stored, Failed SOP
            Sequence those that are not, with their Failure Reason. Some may have failed.
        """
        writer = Writer()
        headers = {"Content-Type": writer.content_type(DICOM), "Accept": JSON}
        path = f"{Place(study).path}" if study else "/studies"
        answer = self._send("POST", path, headers, content=_body(writer, objects))
        told = answer.headers.get("content-type", "")
        if answer.is_error and not (answer.status_code == 409 and told.startswith(JSON)):
            raise error_of(answer)
        value = _json(answer)
        return dataset_of(value[0] if value else {})

    def _search(self, path: str, keys: dict[str, Any]) -> list[Dataset]:
        given = {
            name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            for name, value in keys.items()
        }
        return [dataset_of(value) for value in _json(self._get(path, {"Accept": JSON}, given))]

    def _get(
        self, path: str, headers: dict[str, str], params: dict[str, Any] | None = None
    ) -> httpx.Response:
        answer = self._send("GET", path, headers, params=params or None)
        if answer.is_error:
            raise error_of(answer)
        return answer

    def _send(self, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, self.base_url + path, headers=headers, **more)
        except httpx.HTTPError as error:
            raise _silent(error) from error

    def _parts(self, path: str, accept: str) -> Iterator[bytes]:
        """The parts of a multipart answer, one in memory at a time."""
        url = self.base_url + path
        try:
            with self._http.stream("GET", url, headers={"Accept": accept}) as answer:
                if answer.is_error:
                    answer.read()
                    raise error_of(answer)
                kind = parse(answer.headers.get("content-type", ""))
                for _, part in parts(kind.parameters.get("boundary", ""), answer.iter_bytes()):
                    yield part
        except httpx.HTTPError as error:
            raise _silent(error) from error


def _body(writer: Writer, objects: Iterable[Dataset | Path]) -> Iterator[bytes]:
    for each in objects:
        data = each.read_bytes() if isinstance(each, Path) else encoded(each)
        yield from writer.part({"Content-Type": DICOM}, [data])
    yield writer.end()


def _json(answer: httpx.Response) -> list[Any]:
    if answer.status_code == 204:  # no match (10.6.3.1)
        return []
    try:
        value = answer.json()
    except (ValueError, RecursionError) as error:
        raise NetworkError(
            "the answer is not DICOM JSON",
            remedy="Check the address; a page of HTML is often a login.",
        ) from error
    return value if isinstance(value, list) else [value]


def error_of(answer: httpx.Response) -> HttpError:
    """An error from an answer, in the server's words where it has some."""
    remedy = "Read the server's log."
    text = f"the DICOMweb server answered {answer.status_code} {answer.reason_phrase}"
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("detail"), str):
        text = f"{text}: {body['detail']}"
        remedy = str(body.get("remedy") or remedy)
    elif answer.status_code in (401, 403):
        remedy = "Give a token: headers={'Authorization': 'Bearer …'}."
    elif answer.status_code == 404:
        remedy = "Check UIDs and address: it is the part before /studies."
    return HttpError(text, status=answer.status_code, remedy=remedy)


def _silent(error: httpx.HTTPError) -> NetworkError:
    return NetworkError(
        f"the DICOMweb server did not answer ({type(error).__name__})",
        remedy="Check that it runs (labkit status), and the address: the part before /studies.",
    )
