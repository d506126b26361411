"""From question to voxels: which series, then its headers, then its pixels. By DICOMweb alone."""

from __future__ import annotations

import re
from typing import Literal

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import DataError
from labkit.dicomweb import DicomwebClient
from labkit.exchange.ai.volume import Volume, volume_of

Way = Literal["frames", "series"]

#: What sites call a series that is no soft-tissue volume: words, and kernels of 50 and sharper.
_OTHER = re.compile(r"TOPO|SCOUT|LOCALI|SURVIEW|DOSE|MIP|MPR|BONE|LUNG|\b[BHJU]r?[5-9]\d", re.I)
_FEWEST = 3


def choose_series(web: DicomwebClient, study: str, modality: str = "CT") -> Dataset:
    """Return the series to work on, by QIDO alone: not one pixel, not one header is moved.

    Parameters
    ----------
    web
        An archive, or a façade before one.
    study
        Study Instance UID.

    Returns
    -------
    pydicom.dataset.Dataset
        The match: of `modality`, by its description neither a localiser nor a sharp kernel, with
        the most instances; the lower Series Number where two have as many. A description is a
        habit of a site and no code, so whoever pulls it looks at the headers again.

    Raises
    ------
    DataError
        The study has no such series; says which it has.
    """
    fields = "SeriesDescription,SeriesNumber,NumberOfSeriesRelatedInstances"
    there = web.series(study, includefield=fields)
    right = [s for s in there if s.get("Modality") == modality]
    if not right:
        has = ", ".join(sorted({str(s.get("Modality") or "?") for s in there})) or "nothing"
        raise DataError(
            f"the study has {has} and no {modality}",
            remedy="ask with ModalitiesInStudy, and look at the series before you pull",
        )
    fit = [s for s in right if not _OTHER.search(str(s.get("SeriesDescription") or ""))]
    counts = {s.SeriesInstanceUID: _count(web, study, s) for s in fit}
    fit = [s for s in fit if counts[s.SeriesInstanceUID] >= _FEWEST]
    if not fit:
        names = ", ".join(sorted(str(s.get("SeriesDescription") or "?") for s in right))
        raise DataError(
            f"no series of the study is an axial volume of soft tissue: it has {names}",
            remedy="tell the site's names for its series to choose_series",
        )
    return min(fit, key=lambda s: (-counts[s.SeriesInstanceUID], int(s.get("SeriesNumber") or 0)))


def pull(web: DicomwebClient, study: str, series: str, *, way: Way = "frames") -> Volume:
    """Return a series as one block of HU.

    Parameters
    ----------
    way
        ``"frames"``: headers first, then frame after frame, decoded by the server (PS3.18
        10.4.1.1.6). ``"series"``: all objects in one answer, as they are stored, decoded here.

    Raises
    ------
    DataError
        It cannot be measured; see `labkit.exchange.ai.volume.volume_of`.
    NetworkError
        The server did not give it.
    """
    if way == "series":
        return volume_of(web.retrieve(study, series))
    return volume_of([_with_pixels(web, header) for header in web.metadata(study, series)])


def _with_pixels(web: DicomwebClient, header: Dataset) -> Dataset:
    frames = web.frames(
        header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID, [1]
    )
    ds = Dataset()
    ds.update({tag: header[tag] for tag in header.keys() if tag.element or tag.group > 2})  # noqa: SIM118
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian  # what octet-stream is (PS3.18 8.7.3.5.2)
    ds.file_meta = meta
    ds.PixelData = frames[0] + b"\0" * (len(frames[0]) % 2)
    ds["PixelData"].VR = "OW" if int(ds.BitsAllocated) > 8 else "OB"
    return ds


def _count(web: DicomwebClient, study: str, series: Dataset) -> int:
    """How many instances: as the answer says, else counted (the key is optional, PS3.4 C.6.1.1)."""
    said = series.get("NumberOfSeriesRelatedInstances")
    return int(said) if said else len(web.instances(study, series.SeriesInstanceUID))
