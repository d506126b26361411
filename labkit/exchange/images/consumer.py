"""The Imaging Document Consumer: from a manifest to the objects that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import UsageError
from labkit.dicom.guarded import read_dataset
from labkit.exchange.images.answer import came
from labkit.exchange.images.request import RAD69, ImageRequest, ImagingRequest
from labkit.exchange.soap import Message, SoapClient
from labkit.exchange.xds.messages import Retrieved
from labkit.exchange.xds.problems import RegistryError

if TYPE_CHECKING:
    from labkit.exchange.manifests import Manifest

AT_ONCE = 200
"""Objects that one request asks for; more are asked for in several."""


@dataclass(frozen=True)
class Images:
    """What came, and what did not.

    Attributes
    ----------
    files
        SOP Instance UID → Part 10 file, in the order asked for.
    errors
        What the other side said, and what was wrong with its answer.
    """

    files: Mapping[str, bytes]
    errors: Sequence[RegistryError] = ()

    def datasets(self) -> list[Dataset]:
        """Read them."""
        return [read_dataset(BytesIO(data)) for data in self.files.values()]

    def __repr__(self) -> str:
        counted = f"{_many(len(self.files), 'image')}, {_many(len(self.errors), 'error')}"
        return "\n".join([counted, *(f"  {error}" for error in self.errors)])


def requests_of(manifest: Manifest, home: str = "") -> list[ImageRequest]:
    """Return what to ask for to have all that a manifest lists.

    Parameters
    ----------
    home
        homeCommunityId of the document entry that the manifest came with, ``""`` of one's own.

    Raises
    ------
    UsageError
        A series does not say from which source its objects are to be had (0040,E011).
    """
    found = []
    for series in manifest.series:
        if not series.location.uid:
            raise UsageError(
                f"Series {series.uid} has no Retrieve Location UID (0040,E011).",
                remedy="Without it RAD-69 has nobody to ask; a Retrieve URL is for WADO-RS.",
            )
        study = series.study_uid or manifest.study_uid
        found += [
            ImageRequest(study, series.uid, one.uid, series.location.uid, home)
            for one in series.instances
        ]
    return found


class ImagingConsumer:
    """Asks Imaging Document Sources, or the Initiating Gateway before other communities.

    Parameters
    ----------
    sources
        repositoryUniqueId of an Imaging Document Source → URL of it.
    gateway
        URL of the Initiating Imaging Gateway, asked for whatever is of another community.
    home
        homeCommunityId of one's own.
    client
        Makes a client of a URL.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        *,
        gateway: str = "",
        home: str = "",
        client: Callable[[str], SoapClient] = SoapClient,
    ) -> None:
        self._sources, self._gateway, self._client = dict(sources), gateway, client
        self._home = home

    def retrieve(
        self,
        wanted: Manifest | Iterable[ImageRequest],
        *,
        transfer_syntaxes: Sequence[str] = (ExplicitVRLittleEndian,),
        home: str = "",
    ) -> Images:
        """Retrieve what a manifest lists, or some objects (RAD-69).

        An answer is taken for what it is only if it is what was asked for: the same UIDs, one of
        the transfer syntaxes, and, where a manifest was given, its patient. Whatever else comes is
        an error of the answer, and is not among the files.

        Parameters
        ----------
        transfer_syntaxes
            UIDs of those that can be read here.
        home
            homeCommunityId of the document entry that the manifest came with.

        Raises
        ------
        UsageError
            Nobody is known who has it.
        NetworkError, SoapFault
            The service was not reached, or refused the whole request.
        """
        patient = None
        if isinstance(wanted, Iterable):
            asked = list(wanted)
        else:
            asked = requests_of(wanted, home)
            patient = wanted.patient.id.value if wanted.patient.id else None
        files: dict[str, bytes] = {}
        errors: list[RegistryError] = []
        for url, group in self._routed(asked):
            with self._client(url) as client:
                for part in _parts(group, AT_ONCE):
                    request = ImagingRequest(tuple(part), tuple(map(str, transfer_syntaxes)))
                    answer = client.call(Message(RAD69, request.write()))
                    documents, said = came(answer)
                    errors += said
                    for one in documents:
                        wrong = _wrong(one, request, patient, files)
                        if wrong:
                            errors.append(RegistryError("XDSRepositoryError", wrong, one.uniqueId))
                        else:
                            files[one.uniqueId] = one.data
        ordered = {one.instance: files[one.instance] for one in asked if one.instance in files}
        return Images(ordered, tuple(errors))

    def _routed(self, asked: Iterable[ImageRequest]) -> Iterator[tuple[str, list[ImageRequest]]]:
        groups: dict[str, list[ImageRequest]] = {}
        for one in dict.fromkeys(asked):
            beyond = one.home not in ("", self._home)
            url = self._gateway if beyond else self._sources.get(one.repository, "")
            if not url:
                what = f"community {one.home}" if beyond else f"source {one.repository}"
                raise UsageError(
                    f"It is not known whom to ask for images of {what}.",
                    remedy="Give the source's URL, or that of the Initiating Gateway.",
                )
            groups.setdefault(url, []).append(one)
        yield from groups.items()


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _parts(asked: list[ImageRequest], size: int) -> Iterator[list[ImageRequest]]:
    for start in range(0, len(asked), size):
        yield asked[start : start + size]


def _wrong(
    one: Retrieved, request: ImagingRequest, patient: str | None, files: Mapping[str, bytes]
) -> str:
    """Say what is wrong with a document of an answer, ``""`` if nothing is."""
    matching = [r for r in request.images if r.instance == one.uniqueId]
    if not matching:
        return "it was not asked for"
    asked, where = matching[0], one.request
    if where.repositoryUniqueId != asked.repository or (
        asked.home and where.homeCommunityId != asked.home
    ):
        return "it says that it comes from somewhere else than asked"
    if one.uniqueId in files:
        return "it came twice"
    try:
        ds = read_dataset(BytesIO(one.data), stop_before_pixels=True)
    except Exception as error:  # whatever the bytes of a stranger do to the reader
        return f"it is no DICOM file ({type(error).__name__})"
    if ds.get("SOPInstanceUID") != one.uniqueId:
        return f"in it is another object, {ds.get('SOPInstanceUID', 'without UID')}"
    if (ds.get("StudyInstanceUID"), ds.get("SeriesInstanceUID")) != (asked.study, asked.series):
        return "it is of another study or series"
    syntax = str(ds.file_meta.get("TransferSyntaxUID", ""))
    if syntax not in request.transfer_syntaxes:
        return f"it is in the transfer syntax {syntax}, which was not listed"
    if patient is not None and ds.get("PatientID") != patient:
        return "it is of another patient than the manifest says"
    return ""
