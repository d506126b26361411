"""What a tracer shows: a bone scan (NM) and a PET of the chest (PT)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.chest import chest
from labkit.dicom.stories.ct import chest_z, plane
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.headers import acquired, common, frame_of_reference
from labkit.dicom.stories.lungs import Nodule, nodule_distance
from labkit.dicom.stories.orders import concept
from labkit.dicom.stories.radiograph import Joint, grid, thickness
from labkit.dicom.stories.shapes import dice, ellipsoid, gaussian, inside, overlap, smooth

#: Uptake (SUV) by CT number: what a tissue looks like in CT tells what it is.
_HU = [-1000, -900, -300, -110, -90, 30, 60, 95, 125, 150, 240, 330, 1500]
_SUV = [0.0, 0.35, 0.4, 0.3, 0.3, 0.7, 0.8, 1.9, 2.1, 1.7, 1.6, 1.3, 0.9]


def write_pet(folder: Path, numbers: Iterable[int] = range(1, 21)) -> None:
    """Write 20 PET slices in Bq/ml, each with its own slope, JPEG 2000 lossless."""
    s = story("pt-chest")
    weight_g, dose_bq = s.person.weight_kg * 1000.0, 2.1e8
    for number in numbers:
        p = plane(chest_z(2 * number), 128, 384.0)
        hu = chest(p, [], Nodule())
        suv = np.interp(hu, _HU, _SUV)
        wall = overlap(
            ellipsoid(p, (40.0, -8.0, -50.0), (28.0, 38.0, 32.0), 0.6),
            -ellipsoid(p, (40.0, -8.0, -50.0), (18.0, 28.0, 22.0), 0.6),
        )
        suv = suv + inside(wall, 6.0) * 3.2
        suv = suv + inside(nodule_distance(p, Nodule()), 4.0) * 15.0
        suv = smooth(suv, 4)
        suv = suv * (1.0 + 0.10 * smooth(gaussian(dice(s.slug, number), suv.shape)) / 0.375)
        activity = np.maximum(suv, 0.0) * dose_bq * 0.52 / weight_g  # Bq/ml at the time of the scan
        ds = _pet_image(s, number)
        slope = round(float(activity.max()) / 32767.0, 6)
        ds.RescaleSlope, ds.RescaleIntercept = f"{slope:.6f}", "0"
        ds.ImagePositionPatient = [f"{float(u[0, 0]):.2f}" for u in p]
        ds.SliceLocation = f"{chest_z(2 * number):.1f}"
        set_pixels(ds, activity / slope, 16, signed=True)
        save(ds, folder / f"pt-{number:03d}.dcm", uids.JPEG2000Lossless)


def _pet_image(s: Story, number: int) -> Dataset:
    """Return one PET Image (PS3.3 A.21) without its pixels."""
    ds = common(s, uids.PositronEmissionTomographyImageStorage, "PT", series=4, number=number)
    acquired(ds, s, "PET AC", "CHEST")
    frame_of_reference(ds, s)
    del ds.AcquisitionNumber
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PatientOrientationCodeSequence = Sequence([concept("cid19", "Recumbent")])
    ds.PatientGantryRelationshipCodeSequence = Sequence([concept("cid21", "Headfirst")])
    ds.Units, ds.CountsSource, ds.DecayCorrection = "BQML", "EMISSION", "START"
    ds.SeriesType = ["STATIC", "IMAGE"]
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"]
    ds.NumberOfSlices = 20
    ds.CollimatorType = "NONE"
    ds.RandomsCorrectionMethod, ds.ScatterCorrectionMethod = "DLYD", "Single scatter"
    ds.AttenuationCorrectionMethod = "measured, CT"
    ds.ReconstructionMethod = "OSEM 3i 21s"
    ds.FrameReferenceTime, ds.ActualFrameDuration = "0", "180000"
    ds.DecayFactor = "1"
    ds.ImageIndex = number
    ds.SliceThickness = "12"
    ds.PixelSpacing = ["3", "3"]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    tracer = Dataset()
    tracer.RadionuclideCodeSequence = Sequence([concept("cid18", "_18Fluorine")])
    drug = concept("cid25", "FluorodeoxyglucoseF18")
    tracer.RadiopharmaceuticalCodeSequence = Sequence([drug])
    tracer.Radiopharmaceutical = "FDG"
    tracer.RadiopharmaceuticalStartTime = "100500"
    tracer.RadionuclideTotalDose = "210000000"
    tracer.RadionuclideHalfLife = "6586.2"
    tracer.RadionuclidePositronFraction = "0.967"
    ds.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    ds.WindowCenter, ds.WindowWidth = "5000", "10000"
    return ds


_SKELETON: list[tuple[float, list[Joint]]] = [
    (1.0, [(0, -400, 36), (0, -372, 30)]), (1.5, [(0, -345, 11), (0, -60, 15)]),
    (1.0, [(-70, -300, 6), (70, -300, 6)]), (1.4, [(-80, -50, 14), (80, -50, 14)]),
    (1.2, [(-62, -45, 22), (-78, -8, 14)]), (1.2, [(62, -45, 22), (78, -8, 14)]),
    (0.8, [(-80, 0, 15), (-62, 190, 13)]), (0.8, [(80, 0, 15), (62, 190, 13)]),
    (1.1, [(-62, 200, 17), (-62, 216, 17)]), (1.1, [(62, 200, 17), (62, 216, 17)]),
    (0.7, [(-62, 220, 13), (-52, 400, 9)]), (0.7, [(62, 220, 13), (52, 400, 9)]),
    (0.9, [(-52, 405, 11), (-62, 425, 9)]), (0.9, [(52, 405, 11), (62, 425, 9)]),
    (1.3, [(-88, -290, 13), (-92, -280, 12)]), (1.3, [(88, -290, 13), (92, -280, 12)]),
    (0.6, [(-92, -285, 10), (-112, -160, 9)]), (0.6, [(92, -285, 10), (112, -160, 9)]),
    (0.6, [(-112, -155, 9), (-122, -40, 7)]), (0.6, [(112, -155, 9), (122, -40, 7)]),
    (0.8, [(-122, -35, 11), (-124, -5, 8)]), (0.8, [(122, -35, 11), (124, -5, 8)]),
]  # fmt: skip


def write_bone_scan(folder: Path) -> None:
    """Write the whole body from both sides, two frames of counts, RLE."""
    s = story("nm-bone")
    x, y = grid(400, 136, 2.4)
    frames = []
    for side in (1.0, -1.0):  # front, back
        u = x * side
        level = 2.2 * np.minimum(thickness(u, y, [(0, -400, 48), (0, -340, 36)]), 1)
        level = level + 2.4 * np.minimum(thickness(u, y, [(0, -290, 96), (0, -20, 88)]), 1)
        for dx in (-66.0, 66.0):
            level = level + 1.4 * np.minimum(thickness(u, y, [(dx, 0, 44), (dx, 400, 22)]), 1)
        for strength, rod in _SKELETON:
            level = level + 1.15 * strength * thickness(u, y, rod) * (1.15 if side < 0 else 1.0)
        for rib in range(9):
            top = -290.0 + 19.0 * rib
            for sign in (-1.0, 1.0):
                arch: list[Joint] = [
                    (sign * 8, top, 4), (sign * 62, top + 14, 4), (sign * (78 + rib), top + 34, 4),
                ]  # fmt: skip
                level = level + 1.3 * thickness(u, y, arch)
        kidneys = thickness(u, y, [(-44, -118, 17), (-40, -96, 15)])
        kidneys = kidneys + thickness(u, y, [(44, -122, 17), (40, -100, 15)])
        level = level + (1.1 if side < 0 else 0.5) * kidneys
        level = level + 1.6 * thickness(u, y, [(0, -22, 16), (0, -16, 16)])  # the bladder
        level = level + 9.0 * thickness(u, y, [(76, -190, 7), (79, -184, 7)])  # the hot rib
        mean = smooth(level, 3)
        frames.append(mean + gaussian(dice(s.slug, side), mean.shape) * np.sqrt(mean + 0.3))
    ds = common(s, uids.NuclearMedicineImageStorage, "NM", series=1, number=1)
    acquired(ds, s, "WB BONE ANT POST", "WHOLEBODY")
    _bone_scan_header(ds)
    set_pixels(ds, np.maximum(np.stack(frames), 0.0), 16)
    save(ds, folder / "nm-001.dcm", uids.RLELossless)


def _bone_scan_header(ds: Dataset) -> None:
    """Say how the two frames were taken: NM Image and NM Multi-frame (PS3.3 C.8.4)."""
    ds.ImageType = ["ORIGINAL", "PRIMARY", "WHOLE BODY", "EMISSION"]
    ds.NumberOfFrames = 2
    ds.FrameIncrementPointer = [0x00540010, 0x00540020]
    ds.EnergyWindowVector, ds.NumberOfEnergyWindows = [1, 1], 1
    ds.DetectorVector, ds.NumberOfDetectors = [1, 2], 2
    ds.PixelSpacing = ["2.4", "2.4"]
    ds.CountsAccumulated = "1800000"
    ds.ActualFrameDuration = "900000"
    ds.WholeBodyTechnique = "1PS"
    ds.ScanVelocity, ds.ScanLength = "1.07", "960"
    ds.PatientOrientationCodeSequence = Sequence([concept("cid19", "Recumbent")])
    ds.PatientGantryRelationshipCodeSequence = Sequence([concept("cid21", "Headfirst")])
    energy, limits = Dataset(), Dataset()
    limits.EnergyWindowLowerLimit, limits.EnergyWindowUpperLimit = "126", "154"
    energy.EnergyWindowName = "Tc99m"
    energy.EnergyWindowRangeSequence = Sequence([limits])
    ds.EnergyWindowInformationSequence = Sequence([energy])
    tracer = Dataset()
    tracer.RadionuclideCodeSequence = Sequence([concept("cid18", "_99mTechnetium")])
    tracer.Radiopharmaceutical = "MDP"
    drug = concept("cid25", "TechnetiumTc99mMedronate")
    tracer.RadiopharmaceuticalCodeSequence = Sequence([drug])
    ds.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    detectors = []
    for view in ("Anterior", "Posterior"):
        detector = Dataset()
        detector.CollimatorType = "PARA"
        detector.CollimatorGridName = "LEHR"
        projection = concept("cid26", f"{view}Projection")
        projection.ViewModifierCodeSequence = Sequence([])
        detector.ViewCodeSequence = Sequence([projection])
        detector.ImagePositionPatient = ["-162", "0", "478.8"]
        detector.ImageOrientationPatient = (
            ["1", "0", "0", "0", "0", "-1"]
            if view == "Anterior"
            else ["-1", "0", "0", "0", "0", "-1"]
        )
        detectors.append(detector)
    ds.DetectorInformationSequence = Sequence(detectors)
    ds.WindowCenter, ds.WindowWidth = "30", "60"
