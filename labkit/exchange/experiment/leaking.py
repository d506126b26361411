"""What one hostile site has, hears and can collect, in each style."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.common.errors import LabkitError
from labkit.exchange.experiment.measuring import Measured
from labkit.exchange.experiment.workload import Workload
from labkit.exchange.network import Network


@dataclass(frozen=True)
class Leak:
    """One site, taken for hostile.

    Attributes
    ----------
    site, role
        Which, and ``"hospital"`` or ``"centre"``.
    strangers
        Patients who never had a study made there: what it should know nothing of.
    on_disk, images_on_disk
        Of them, those of whom it has metadata, and images, without asking anybody.
    searched_for
        Of them, those for whom others asked it: it now knows that they are patients somewhere.
    collected, images_collected
        Of them, those of whom it got metadata, and images, by asking at every door.
    doors
        Doors where it had to ask for that: as many logs in which it stands.
    """

    site: str
    role: str
    strangers: int
    on_disk: int
    images_on_disk: int
    searched_for: int
    collected: int
    images_collected: int
    doors: int


def leaks(network: Network, work: Workload, measured: Measured) -> list[Leak]:
    """Look at the network with the eyes of each site that has an archive.

    The hostile site is a member: its AE title and its certificates are good, and no door asks for
    a treatment or a consent, as none does in the experiment's design. What a door could refuse is
    what `doors` counts.
    """
    found = []
    for site in network.design.sites:
        archive = network.site(site.name).archive
        if archive is None:
            continue
        known = {made.patient for made in work.studies if made.site == site.name}
        strangers = set(work.patients) - known
        held, images = _on_disk(network, work, site.name)
        heard = {
            step.study.patient
            for step, act in zip(work.steps, measured.acts, strict=True)
            if site.name in act.asked
        }
        listed, collected, doors = _collect(network, work, site.name)
        found.append(
            Leak(
                site.name,
                site.role,
                len(strangers),
                len(held & strangers),
                len(images & strangers),
                len(heard & strangers),
                len((listed | held) & strangers),
                len((collected | images) & strangers),
                doors,
            )
        )
    return found


def _on_disk(network: Network, work: Workload, site: str) -> tuple[set[str], set[str]]:
    """Patients of whom a site has anything, and of whom it has images."""
    here = [made for made in work.studies if network.site(site).objects(made.uid)]
    held = {made.patient for made in here}
    only = network.design.style == "hybrid" and network.design.site(site).role == "centre"
    return held, set() if only else held


def _collect(network: Network, work: Workload, site: str) -> tuple[set[str], set[str], int]:
    """Ask at each door for all studies, and at as many as are needed for an image of each patient.

    One object of each patient is fetched: who gets one gets the others.
    """
    listed: set[str] = set()
    images: set[str] = set()
    doors = 0
    patient_of = {made.uid: made.patient for made in work.studies}
    for other in network.design.sites:
        if other.name == site or network.site(other.name).archive is None:
            continue
        try:
            answers = list(network.client(site, other.name).studies())
        except LabkitError:
            continue
        new = False
        for answer in answers:
            uid = str(answer.StudyInstanceUID)
            patient = patient_of.get(uid, "")
            new = new or (bool(patient) and patient not in listed)
            listed.add(patient)
            only = network.design.style == "hybrid" and other.role == "centre"
            if patient and not only and patient not in images:
                got = next(iter(network.client(site, other.name).files(uid)), None)
                if got is not None:
                    images.add(patient)
                    new = True
        doors += new
    return listed - {""}, images, doors
