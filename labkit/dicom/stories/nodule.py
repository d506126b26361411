"""What was made of the nodule: segmentation, measurements, a way to show it, the key images."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from labkit.dicom.pixels import hounsfield
from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.ct import CHEST_FIELD, chest_z, plane
from labkit.dicom.stories.files import save
from labkit.dicom.stories.headers import MAKER, common, not_acquired
from labkit.dicom.stories.lungs import Nodule, nodule_distance
from labkit.dicom.stories.people import SITES, STAFF
from labkit.dicom.stories.shapes import Array
from labkit.dicom.stories.uids import uid

#: Instance Numbers of the slices that the nodule lies in; the middle one shows it best.
SLICES = (10, 11, 12)
_DEVICE = {"manufacturer": MAKER, "manufacturer_model_name": "Nodule Desk",
           "software_versions": "1.0", "device_serial_number": "LPW-WS-001"}  # fmt: skip


def write(folder: Path) -> None:
    """Write SEG, SR, PR and KO beside the slices of the chest CT that lie in `folder`."""
    s = story("ct-chest")
    images: list[Dataset] = [dcmread(folder / f"ct-{number:03d}.dcm") for number in SLICES]
    step = float(images[0].PixelSpacing[0])
    planes = [plane(chest_z(number), images[0].Rows, CHEST_FIELD) for number in SLICES]
    distance = np.stack([nodule_distance(p, Nodule()) for p in planes])
    masks = distance < 0
    seg = _segmentation(s, images, masks)
    save(seg, folder / "seg-001.dcm")
    ends, diameter = longest(masks[1], step)
    # Density without the rim, whose pixels are half lung.
    values = np.stack([hounsfield(ds) for ds in images])[distance < -1.5]
    volume = float(masks.sum()) * step * step * 6.0
    sr = _measurements(s, images, seg, diameter, volume, float(values.mean()))
    save(sr, folder / "sr-001.dcm")
    save(_presentation(s, images[1], ends, diameter), folder / "pr-001.dcm")
    save(_key_images(s, images), folder / "ko-001.dcm")


def longest(mask: Array, step: float) -> tuple[Array, float]:
    """Return the two pixels ``(column, row)`` of a mask that are farthest apart, and their mm."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows], axis=1).astype(float)
    gaps = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    first, second = divmod(int(np.argmax(gaps)), len(points))
    return points[[first, second]], round(float(np.sqrt(gaps[first, second])) * step, 1)


def _segmentation(s: Story, images: list[Dataset], masks: Array) -> Dataset:
    description = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Nodule",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Nodule,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_uid=uid(s.slug, "nodule"),
        tracking_id="Nodule 1",
        anatomic_regions=[codes.SCT.UpperLobeOfLung],
    )
    ds = hd.seg.Segmentation(
        source_images=images,
        pixel_array=masks.astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[description],
        content_label="NODULE",
        content_description="Nodule in the right upper lobe",
        content_creator_name=STAFF["radiologist"],
        **_ids(s, 5),
        **_DEVICE,
    )
    return _settled(ds, s, "SEG", 5, "NODULE SEGMENTATION")


def _measurements(
    s: Story, images: list[Dataset], seg: Dataset, diameter: float, volume: float, density: float
) -> Dataset:
    observer = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=STAFF["radiologist"]
        ),
    )
    group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=uid(s.slug, "nodule"), identifier="Nodule 1"
        ),
        referenced_segment=hd.sr.ReferencedSegment(
            sop_class_uid=seg.SOPClassUID,
            sop_instance_uid=seg.SOPInstanceUID,
            segment_number=1,
            source_series=hd.sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
        ),
        finding_type=codes.SCT.Nodule,
        finding_sites=[
            hd.sr.FindingSite(codes.SCT.UpperLobeOfLung, laterality=codes.SCT.Right)
        ],
        measurements=[
            hd.sr.Measurement(codes.SCT.LongAxis, diameter, codes.UCUM.Millimeter),
            hd.sr.Measurement(codes.SCT.Volume, round(volume), codes.UCUM.CubicMillimeter),
            hd.sr.Measurement(
                codes.DCM.AttenuationCoefficient, round(density), codes.UCUM.HounsfieldUnit,
                derivation=codes.SCT.Mean,
            ),
        ],
    )  # fmt: skip
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=codes.LN.CTChestReport,
        imaging_measurements=[group],
        title=codes.DCM.ImagingMeasurementReport,
    )
    ds = hd.sr.ComprehensiveSR(
        evidence=[*images, seg],
        content=report[0],
        is_complete=True,
        is_final=True,
        is_verified=True,
        verifying_observer_name=STAFF["radiologist"],
        verifying_organization=SITES[s.person.site].name,
        manufacturer=MAKER,
        **_ids(s, 6),
    )
    when = common(s, ds.SOPClassUID, "SR", series=6, number=1, minutes=50)
    _fix_times(ds, when.ContentDate + when.ContentTime)
    return _settled(ds, s, "SR", 6, "NODULE MEASUREMENTS")


def _presentation(s: Story, image: Dataset, ends: Array, diameter: float) -> Dataset:
    line = hd.pr.GraphicObject(
        graphic_type=hd.pr.GraphicTypeValues.POLYLINE, graphic_data=ends + 1.0,
        units=hd.pr.AnnotationUnitsValues.PIXEL,
    )  # fmt: skip
    middle = ends.mean(axis=0) + 1.0
    words = hd.pr.TextObject(
        text_value=f"{diameter} mm",
        units=hd.pr.AnnotationUnitsValues.PIXEL,
        anchor_point=(float(middle[0]), float(middle[1]) - 14.0),
        anchor_point_visible=False,
    )
    layer = hd.pr.GraphicLayer(layer_name="MEASURE", order=1, description="Long axis")
    note = hd.pr.GraphicAnnotation(
        referenced_images=[image], graphic_layer=layer, graphic_objects=[line],
        text_objects=[words],
    )  # fmt: skip
    window = hd.pr.SoftcopyVOILUTTransformation(
        window_center=-500.0,
        window_width=1500.0,
        referenced_images=hd.ReferencedImageSequence([image]),
    )
    ds = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[image],
        content_label="NODULE",
        content_description="Lung window, long axis of the nodule",
        content_creator_name=STAFF["radiologist"],
        graphic_annotations=[note],
        graphic_layers=[layer],
        voi_lut_transformations=[window],
        concept_name=codes.DCM.PresentationState,
        **_ids(s, 7),
        **_DEVICE,
    )
    return _settled(ds, s, "PR", 7, "NODULE MARKED")


def _key_images(s: Story, images: list[Dataset]) -> Dataset:
    content = hd.ko.KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=images,
        description="The slices that show the nodule",
    )
    ds = hd.ko.KeyObjectSelectionDocument(
        evidence=images, content=content, manufacturer=MAKER, **_ids(s, 8)
    )
    return _settled(ds, s, "KO", 8, "KEY IMAGES")


def _ids(s: Story, series: int) -> dict[str, object]:
    return {
        "series_instance_uid": uid(s.slug, series),
        "series_number": series,
        "sop_instance_uid": uid(s.slug, series, 1),
        "instance_number": 1,
    }


def _settled(ds: Dataset, s: Story, modality: str, series: int, description: str) -> Dataset:
    """Give what highdicom built the header of our stories, and a fixed time in place of today's."""
    made_by = {k: ds.get(k) for k in ("ManufacturerModelName", "DeviceSerialNumber")}
    ours = common(s, ds.SOPClassUID, modality, series=series, number=1, minutes=45 + series)
    not_acquired(ours)
    ds.update(ours)
    for keyword, value in made_by.items():
        setattr(ds, keyword, value or _DEVICE[_spelt(keyword)])
    if modality == "PR":
        ds.PresentationCreationDate, ds.PresentationCreationTime = ds.ContentDate, ds.ContentTime
        del ds.ContentDate, ds.ContentTime
    ds.pop("ContributingEquipmentSequence", None)  # it would name the version of the library
    ds.SeriesDescription = description
    ds.BodyPartExamined = "CHEST"
    organization = uid(s.slug, series, "dimensions")
    for sequence in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in ds.get(sequence, []):
            item.DimensionOrganizationUID = organization  # drawn at random by highdicom
    return ds


def _spelt(keyword: str) -> str:
    return {
        "ManufacturerModelName": "manufacturer_model_name",
        "DeviceSerialNumber": "device_serial_number",
    }[keyword]


def _fix_times(ds: Dataset, when: str) -> None:
    """Set every date-time that highdicom took from the clock."""
    ds.VerifyingObserverSequence[0].VerificationDateTime = when
    if "ObservationDateTime" in ds:
        ds.ObservationDateTime = when
