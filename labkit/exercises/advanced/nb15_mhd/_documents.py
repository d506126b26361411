"""What the notebook has published before an exercise: Marigold's documents on the FHIR server."""

from __future__ import annotations

from typing import Any

from labkit.lab import Lab

SUBJECT = "Patient/thistlewick"
CT, DX, REPORT = "2.25.2026150001", "2.25.2026150002", "2.25.2026150003"
"""uniqueIds: manifests of the CT and of the radiograph, and the report."""

PDF = b"%PDF-1.4\n%Chest CT: a nodule of 8 mm in the right upper lobe.\n%%EOF\n"

IMPORTS = f'''
    import base64
    import copy
    import hashlib
    from dataclasses import replace
    from datetime import datetime, timezone

    import requests

    from labkit.exchange.manifests import Maker, build, part10, read
    from labkit.exchange.mhd import (
        Code, Document, MhdClient, Submission, check_bundle, digest, manifest_document,
        provide_bundle,
    )
    from labkit.exchange.parties import LAKESIDE, NORTH, PatientId

    base, web = lab.fhir.url, lab.dicomweb.client()
    mhd = MhdClient(base, source_id=NORTH.source)
    subject = "Patient/thistlewick"
    when = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
    PDF = {PDF!r}

    def manifest_of(accession, uid, leave_out=()):
        """The MADO manifest of a study in ARCHIVE, as a file."""
        study = web.studies(AccessionNumber=accession)[0].StudyInstanceUID
        headers = [h for h in web.metadata(study) if h.SOPInstanceUID not in leave_out]
        maker = Maker.of(NORTH, url=lab.dicomweb.url)
        return part10(build(headers, "mado", maker=maker, when=when, uid=uid))
'''

PUBLISHED = (
    IMPORTS
    + """
    ct = manifest_of("NG2600121", "2.25.2026150001")
    dx = manifest_of("NG2600103", "2.25.2026150002")
    report = Document(PDF, "application/pdf", "2.25.2026150003", title="Chest CT: report",
                      type=Code("http://loinc.org", "18748-4"))
    mhd.provide([manifest_document(ct), manifest_document(dx), report], subject=subject)
    first = mhd.find_documents(subject, identifier="urn:oid:2.25.2026150001")[0]
    left_out = {read(ct).series[0].instances[-1].uid}
    smaller = manifest_document(manifest_of("NG2600121", "2.25.2026150004", left_out))
    smaller = replace(smaller, relates=(("replaces", f"DocumentReference/{first['id']}"),))
    mhd.provide([smaller], subject=subject)
"""
)


def found(lab: Lab, **parameters: Any) -> list[dict[str, Any]]:
    """The DocumentReferences of Marigold that a search finds."""
    return list(lab.fhir.client().search("DocumentReference", patient=SUBJECT, **parameters))


def by_uid(lab: Lab, uid: str) -> dict[str, Any] | None:
    """The newest DocumentReference of a uniqueId."""
    rows = found(lab, identifier=f"urn:ietf:rfc:3986|urn:oid:{uid}")
    return max(rows, key=lambda row: row["meta"]["lastUpdated"], default=None)
