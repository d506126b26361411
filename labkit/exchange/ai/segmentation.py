"""The mask as a DICOM Segmentation (PS3.3 A.51), each frame tied to the slice that it lies on."""

from __future__ import annotations

from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from labkit.common.errors import UsageError
from labkit.exchange.ai.bleed import BleedFinder, Finding
from labkit.exchange.ai.identity import Identity, instance_uids
from labkit.exchange.ai.settled import settled
from labkit.exchange.ai.volume import Volume

SERIES_NUMBER = 9001


def segmentation(volume: Volume, finding: Finding, finder: BleedFinder, made: datetime) -> Dataset:
    """Return the SEG of a finding; only slices with something on them become frames.

    Parameters
    ----------
    made
        When, with a zone.

    Raises
    ------
    UsageError
        Nothing was found: an empty segmentation says less than a report does.
    """
    if not finding.positive:
        raise UsageError("there is nothing to segment", remedy="the report says that: report(…)")
    names = Identity.of(instance_uids(volume.headers), finder)
    segment = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Haemorrhage",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Hemorrhage,  # PS3.16 CID 7159
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=finder.name, version=finder.version,
            family=codes.DCM.MorphologicalOperations,  # CID 7162: no code says threshold
            source=finder.manufacturer,
            parameters={name: f"{value:g}" for name, value in finder.parameters.items()},
        ),
        tracking_uid=names.uid("finding"),
        tracking_id="Haemorrhage 1",
        anatomic_regions=[codes.SCT.Brain],
    )  # fmt: skip
    ds: Dataset = hd.seg.Segmentation(
        source_images=volume.headers,
        pixel_array=finding.mask.astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=names.uid("seg", "series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=names.uid("seg"),
        instance_number=1,
        manufacturer=finder.manufacturer,
        manufacturer_model_name=finder.name,
        software_versions=finder.version,
        device_serial_number="1",
        content_label="HAEMORRHAGE",
        content_description="Possible haemorrhage, by software",
    )
    return settled(ds, names, made, "AI SEGMENTATION: NOT REVIEWED")
