"""Which ID a patient has at a site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from labkit.common.errors import LabkitError
from labkit.exchange.network.design import Design
from labkit.exchange.parties import PatientId


class Patients(Protocol):
    """Who knows the IDs that a patient has with other authorities (`labkit.exchange.pix`)."""

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None, /
    ) -> list[PatientId]:
        """The patient's IDs with these authorities, or with all."""
        ...


def known_ids(
    design: Design, patients: Patients | None, patient: str | PatientId, site: str
) -> list[PatientId] | None:
    """Return by which IDs a patient is known at a site; ``None`` where the number is all there is.

    A centre has images of every authority, and is asked for each of the patient's IDs.
    """
    if isinstance(patient, str):
        return None
    place = design.site(site)
    own = design.community(place.community).authority.removeprefix("urn:oid:")
    every = [each.authority.removeprefix("urn:oid:") for each in design.communities]
    wanted = None if place.role == "centre" else [own]
    # Of an authority that nobody here has, a number says nothing: it is not asked for.
    found = [patient] if patient.authority in (wanted or every) else []
    if patients is not None:
        try:
            others = patients.corresponding(patient, wanted)
        except LabkitError:  # nobody knows the patient there: nothing to ask for
            others = []
        found += [each for each in others if each not in found]
    return found


def issuer_of(design: Design, authority: str) -> str:
    """Return the issuer as images spell it, of an authority; ``""`` where the design has none."""
    for community in design.communities:
        if community.authority.removeprefix("urn:oid:") == authority:
            return community.issuer
    return ""
