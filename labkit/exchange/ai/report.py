"""The result in a Structured Report: TID 1500 Measurement Report (PS3.16), unverified.

It names its maker twice, as device that observed (TID 1004) and as algorithm with version (TID
4019); its finding has a Tracking Identifier and UID, which the SEG has too. Its Verification Flag
is UNVERIFIED and its Preliminary Flag PRELIMINARY: a person has not seen it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from labkit.common.errors import DataError
from labkit.exchange.ai.bleed import BleedFinder, Finding
from labkit.exchange.ai.identity import Identity, derived, instance_uids
from labkit.exchange.ai.settled import settled
from labkit.exchange.ai.volume import Volume

SERIES_NUMBER = 9002
MILLILITRE = Code("mL", "UCUM", "mL")


def report(
    volume: Volume, finding: Finding, finder: BleedFinder, made: datetime,
    seg: Dataset | None = None,
) -> Dataset:  # fmt: skip
    """Return the SR of a finding, or of nothing found: that too is a result.

    Parameters
    ----------
    made
        When, with a zone.
    seg
        The segmentation that it measures, where there is one.
    """
    names = Identity.of(instance_uids(volume.headers), finder)
    algorithm = hd.sr.AlgorithmIdentification(
        name=finder.name, version=finder.version, family=codes.DCM.MorphologicalOperations,
        parameters=[f"{name}={value:g}" for name, value in finder.parameters.items()],
    )  # fmt: skip
    group = _group(volume, finding, seg, names, algorithm)
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=_observer(finder)),
        procedure_reported=codes.LN.HeadCT,
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=volume.headers,
    )
    evidence = [*volume.headers, *([seg] if seg is not None else [])]
    ds: Dataset = hd.sr.Comprehensive3DSR(
        evidence=evidence,
        content=content[0],
        series_instance_uid=names.uid("sr", "series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=names.uid("sr"),
        instance_number=1,
        manufacturer=finder.manufacturer,
        is_complete=True,
        is_final=False,
        is_verified=False,
    )
    ds.ManufacturerModelName, ds.SoftwareVersions = finder.name, finder.version
    return settled(ds, names, made, "AI RESULT: NOT REVIEWED")


def _observer(finder: BleedFinder) -> hd.sr.ObserverContext:
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=device_uid(finder),
            name=finder.name,
            manufacturer_name=finder.manufacturer,
            model_name=f"{finder.name} {finder.version}",
        ),
    )


def device_uid(finder: BleedFinder) -> str:
    """Return the UID of the software in this version: TID 1004 wants one, FHIR's Device has it."""
    return str(derived("device", finder.name, finder.version))


def _group(
    volume: Volume, finding: Finding, seg: Dataset | None, names: Identity,
    algorithm: hd.sr.AlgorithmIdentification,
) -> Dataset:  # fmt: skip
    answer = codes.SCT.Present if finding.positive else codes.SCT.Absent  # PS3.16 CID 240
    shared = {
        "tracking_identifier": hd.sr.TrackingIdentifier(
            uid=names.uid("finding"), identifier="Haemorrhage 1"
        ),
        "finding_type": codes.SCT.IntracranialHemorrhage,
        "algorithm_id": algorithm,
        "finding_sites": [hd.sr.FindingSite(codes.SCT.Brain)],
        "qualitative_evaluations": [
            hd.sr.QualitativeEvaluation(codes.SCT.IntracranialHemorrhage, answer)
        ],
    }
    if seg is None:
        plain: Dataset = hd.sr.MeasurementsAndQualitativeEvaluations(
            **shared,
            source_images=[
                hd.sr.SourceImageForMeasurementGroup.from_source_image(ds) for ds in volume.headers
            ],
        )
        return plain
    measured: Dataset = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        **shared,
        referenced_segment=hd.sr.ReferencedSegment(
            sop_class_uid=seg.SOPClassUID,
            sop_instance_uid=seg.SOPInstanceUID,
            segment_number=1,
            source_series=hd.sr.SourceSeriesForSegmentation(volume.headers[0].SeriesInstanceUID),
        ),
        measurements=[
            hd.sr.Measurement(codes.SCT.Volume, round(finding.volume_ml, 2), MILLILITRE),
            hd.sr.Measurement(
                codes.DCM.AttenuationCoefficient, round(finding.mean_hu, 1),
                codes.UCUM.HounsfieldUnit, derivation=codes.SCT.Mean,
            ),
        ],
    )  # fmt: skip
    return measured


@dataclass(frozen=True)
class Told:
    """What a report of ours says.

    Attributes
    ----------
    volume_ml
        0 where nothing was found.
    tracking
        Tracking UID of the finding.
    images
        Series Instance UID and SOP Instance UIDs of what was measured: its evidence.
    """

    positive: bool
    volume_ml: float
    tracking: str
    images: list[tuple[str, str]]


def read_report(sr: Dataset) -> Told:
    """Read back what a report says: whoever sends the record needs no pixels for it.

    Raises
    ------
    DataError
        It does not say whether there is a haemorrhage.
    """
    positive, volume, tracking = None, 0.0, ""
    for item in _items(sr):
        name = item.ConceptNameCodeSequence[0].CodeValue if item.get(
            "ConceptNameCodeSequence") else ""  # fmt: skip
        if item.ValueType == "CODE" and name == codes.SCT.IntracranialHemorrhage.value:
            positive = item.ConceptCodeSequence[0].CodeValue == codes.SCT.Present.value
        elif item.ValueType == "NUM" and name == codes.SCT.Volume.value:
            volume = float(item.MeasuredValueSequence[0].NumericValue)
        elif item.ValueType == "UIDREF" and name == codes.DCM.TrackingUniqueIdentifier.value:
            tracking = str(item.UID)
    if positive is None:
        raise DataError(
            "the report does not say whether there is a haemorrhage",
            remedy="it is not one of the bleed finder; look at its title and its device",
        )
    return Told(positive, volume, tracking, list(_evidence(sr)))


def _items(ds: Dataset) -> Iterator[Dataset]:
    for item in ds.get("ContentSequence") or []:
        yield item
        yield from _items(item)


def _evidence(sr: Dataset) -> Iterator[tuple[str, str]]:
    for study in sr.get("CurrentRequestedProcedureEvidenceSequence") or []:
        for series in study.ReferencedSeriesSequence:
            for image in series.ReferencedSOPSequence:
                yield str(series.SeriesInstanceUID), str(image.ReferencedSOPInstanceUID)
