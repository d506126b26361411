"""Build the made-up study."""

from __future__ import annotations

import os
from pathlib import Path

from pydicom import uid as uids
from pydicom.dataset import Dataset

from labkit.deid.attack.loot import data_set
from labkit.deid.attack.model import Carrier, Planted, parts
from labkit.deid.attack.plants import Plants
from labkit.deid.attack.study import documents, fhir, heads, pictures
from labkit.deid.attack.study.common import background, frame, set_image, write
from labkit.deid.attack.study.header import ROWS, radiograph

_ROWS = {
    "radiograph": ROWS, "accomplice": 72, "still": pictures.STILL[0], "loop": pictures.LOOP[0],
    "palette": pictures.PALETTE[0], "capture": pictures.CAPTURE[0], "ct": heads.SIZE,
    "mr": heads.SIZE,
}  # fmt: skip
CARRIERS = {
    slug: Carrier(slug, sop_class, _ROWS.get(slug, 0), stem)
    for slug, sop_class, stem in (
        ("radiograph", uids.DigitalXRayImageStorageForPresentation, "_dx"),
        ("accomplice", uids.DigitalXRayImageStorageForPresentation, "other_dx"),
        ("report", uids.BasicTextSRStorage, "report"),
        ("key-images", uids.KeyObjectSelectionDocumentStorage, "key_images"),
        ("presentation", uids.GrayscaleSoftcopyPresentationStateStorage, "presentation"),
        ("pdf", uids.EncapsulatedPDFStorage, "pdf"),
        ("cda", uids.EncapsulatedCDAStorage, "cda"),
        ("contours", uids.RTStructureSetStorage, "contours"),
        ("ecg", uids.GeneralECGWaveformStorage, "ecg"),
        ("raw", uids.RawDataStorage, "raw_data"),
        ("japanese", uids.SpatialRegistrationStorage, "japanese"),
        ("undeclared", uids.TwelveLeadECGWaveformStorage, "undeclared"),
        ("tail", uids.HemodynamicWaveformStorage, "tail"),
        ("still", uids.UltrasoundImageStorage, "still"),
        ("loop", uids.UltrasoundMultiFrameImageStorage, "loop"),
        ("palette", uids.UltrasoundImageStorage, "palette"),
        ("capture", uids.SecondaryCaptureImageStorage, "capture"),
        ("ct", uids.CTImageStorage, "ct-"),
        ("mr", uids.MRImageStorage, "mr-"),
    )
}
#: A UID that says nothing of the patient: of a class, a transfer syntax, a code.
_WELL_KNOWN = "1.2.840.10008."


def build(folder: Path, *, seed: int = 7) -> Planted:
    """Write the study into a folder that does not exist yet, or is empty.

    Returns
    -------
    Planted
        Where it is, and what an attacker wants of it.
    """
    plants = Plants(seed)
    place = folder / plants.word("folder-name")
    radiograph(plants, place / f"{plants.word('file-name')}_dx.dcm")
    write(_accomplice(plants), place / "other_dx.dcm")
    for name in ("report", "key_images", "presentation", "pdf", "cda", "contours", "ecg",
                 "raw_data", "japanese", "undeclared", "tail"):  # fmt: skip
        getattr(documents, name)(plants, place / f"{name}.dcm")
    documents.directory(plants, place / "DICOMDIR")
    for name in ("still", "loop", "palette", "capture"):
        getattr(pictures, name)(plants, place / f"{name}.dcm")
    for modality in ("CT", "MR"):
        heads.write_head(plants, place, modality)
    fhir.write_fhir(plants, folder / "fhir")
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    for path in files:
        os.utime(path, (1_574_000_000.0, 1_574_000_000.0))  # 17 November 2019
    return Planted(folder, plants, frozenset(_uids(files)), CARRIERS, files)


def _accomplice(plants: Plants) -> Dataset:
    ds = frame(
        plants, "accomplice", uids.DigitalXRayImageStorageForPresentation, "DX", accomplice=True
    )
    set_image(ds, background(9, 72, 88, 4096).astype("uint16"), stored=12)
    ds.BodyPartExamined, ds.BurnedInAnnotation = "HAND", "NO"
    return ds


def _uids(files: tuple[Path, ...]) -> set[str]:
    found: set[str] = set()
    for path in files:
        ds = data_set(path.read_bytes()) if path.suffix != ".json" else None
        for part in parts(ds) if ds is not None else ():
            for element in part:
                if element.VR == "UI" and element.value:
                    values = element.value
                    found |= {values} if isinstance(values, str) else set(values)
    return {str(uid) for uid in found if not uid.startswith(_WELL_KNOWN) and uid != "2.999.1"}
