"""A site of one's own, for the exercises that publish and import."""

from __future__ import annotations

SITE = """
        from dataclasses import replace
        from datetime import timedelta
        from labkit.dicom import sample
        from labkit.exchange.manifests import (
            Location, Maker, build, check as problems, gather, part10, read, to_fhir, unsaid,
            without, write,
        )
        from labkit.exchange.manifests.documents import document_entry, publish, submission_set
        from labkit.exchange.manifests.practice import NOW, Practice
        from labkit.exchange.parties import LAKESIDE, NORTH
        site = Practice()
"""

PUBLISHED = (
    SITE
    + """
        from labkit.dicom.rejection import rejection_note
        site.keep("ct-chest")
        chest = sample("ct-chest").datasets()
        manifest = gather(chest, "mado", maker=site.maker, when=NOW)
        entry = publish(site.source, manifest, NORTH, NOW)
        rejected = [ds for ds in chest if ds.Modality == "CT"][:2]
        note = rejection_note(rejected, "quality", when=NOW)
        later = NOW + timedelta(hours=1)
"""
)

DISC = (
    SITE
    + """
        from labkit.exchange.media import LocalPatient, carry_out, coerce, plan, read_medium
        disc = site.disc("cr-chest-prior", "nm-bone", "knee-ap")
        medium = read_medium(disc)
        house = [*site.house(),
                 LocalPatient("NG-100812", "NORTHGEN", "Larkwhistle^B", "19880309", "M")]
"""
)
