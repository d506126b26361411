"""Doing the work again: the only proof of a repair."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabkitError
from labkit.lab.faults.model import Trial

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.lab.faults.world import World

PATIENCE = 4.0
"""Seconds until an image that a router has taken counts as not arrived."""


def arrives(modality: str) -> Callable[[World], Trial]:
    """Make a try: an examination, whose images are then found in ARCHIVE under their order."""

    def again(world: World) -> Trial:
        done = world.floor.examine(modality)
        if not done:
            return Trial(False, f"{modality}: {done.problem}")
        order = world.order_of(modality)
        try:
            deadline = time.monotonic() + PATIENCE
            while not world.holds(done):
                if time.monotonic() > deadline:
                    said = "the images were sent, and ARCHIVE does not have them"
                    return Trial(False, f"{modality}: {said}")
                time.sleep(0.05)
            return _as_ordered(world, modality, order)
        except LabkitError as error:
            return Trial(False, f"ARCHIVE cannot be asked: {error.message}")

    return again


def _as_ordered(world: World, modality: str, order: Dataset) -> Trial:
    """Whether the study is found by accession, by patient, by name and by date, once each."""
    step = order.ScheduledProcedureStepSequence[0]
    name = str(order.PatientName).split("=")
    searches: Mapping[str, dict[str, Any]] = {
        "accession number": {"AccessionNumber": order.AccessionNumber},
        "patient ID": {"PatientID": order.PatientID, "AccessionNumber": order.AccessionNumber},
        "name": {"PatientName": f"*={name[1]}*" if len(name) > 1 else name[0],
                 "AccessionNumber": order.AccessionNumber},
        "date": {"StudyDate": step.ScheduledProcedureStepStartDate,
                 "AccessionNumber": order.AccessionNumber},
    }  # fmt: skip
    for by, keys in searches.items():
        found = world.find("STUDY", StudyInstanceUID=None, **keys)
        if len(found) != 1:
            return Trial(False, f"{modality}: by {by} ARCHIVE finds {len(found)} studies, not 1")
        if found[0].StudyInstanceUID != order.StudyInstanceUID:
            return Trial(False, f"{modality}: the study found is not that of the order")
    left = world.leftovers()
    if left:
        return Trial(False, f"ARCHIVE still has {left} objects as they should not be")
    return Trial(True, f"{modality}: the images are in ARCHIVE, and found under their order")


def opens(accession: str) -> Callable[[World], Trial]:
    """Make a try: the workstation opens a study by its accession number."""

    def again(world: World) -> Trial:
        done = world.floor.open_study({"AccessionNumber": accession})
        if not done:
            return Trial(False, f"WORKSTN: {done.problem or 'nothing was found'}")
        return Trial(True, "WORKSTN: the study opens")

    return again


def same_as_sent(modality: str) -> Callable[[World], Trial]:
    """Make a try: an examination arrives, and ARCHIVE holds what was sent and nothing else."""
    arrived = arrives(modality)

    def again(world: World) -> Trial:
        trial = arrived(world)
        if not trial.ok:
            return trial
        return world.compare(modality)

    return again


def under_right_patient(modality: str) -> Callable[[World], Trial]:
    """Make a try: the images that were sent under another patient are under that of their order.

    Nobody is examined again for a slip at the console, so the pixels are what is looked for.
    """

    def again(world: World) -> Trial:
        left = world.leftovers()
        if left:
            return Trial(False, f"ARCHIVE still has {left} objects under the wrong patient")
        order = world.order_of(modality)
        archive = world.cast.archives["ARCHIVE"]
        study = str(order.StudyInstanceUID)
        there = [
            stored.dataset()
            for stored in archive.stored()
            if stored.entry.patient_id == order.PatientID
            or stored.entry.study_instance_uid == study
        ]
        right = {ds.PixelData for ds in there if "PixelData" in ds and world.as_ordered(ds, order)}
        for number in {number for _, number, _ in world.wrong}:
            for sent in world.remade(modality, number):
                if sent.PixelData not in right:
                    said = "an image is not in ARCHIVE under the patient of its order"
                    return Trial(False, f"{modality}: {said}")
        return Trial(True, f"{modality}: the images are in the right patient's study")

    return again
