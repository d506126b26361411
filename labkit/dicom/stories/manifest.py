"""``manifest.json``: what lies in ``sample_data/``, as `labkit.dicom.samples` reads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pydicom import dcmread

from labkit.dicom.stories.cast import STORIES, Story
from labkit.dicom.stories.orders import ORDERS, worklist_item
from labkit.dicom.stories.people import PATIENTS, SITES

FORMAT = "labkit-samples/1"
LICENCE = "CC0-1.0"


def build(folder: Path) -> dict[str, Any]:
    """Describe the ``.dcm`` files below `folder`, and the people, studies and orders behind."""
    titles = {s.slug: s.title for s in STORIES}
    found = sorted(folder.rglob("*.dcm"))
    files = {p.relative_to(folder).as_posix(): _file(p, titles[p.parent.name]) for p in found}
    return {
        "format": FORMAT,
        "licence": LICENCE,
        "sites": [
            {"name": s.name, "issuer": s.issuer, "archive": s.archive} for s in SITES.values()
        ],
        "patients": [
            {
                "slug": p.slug,
                "name": p.name,
                "patient_id": p.patient_id,
                "issuer": SITES[p.site].issuer,
                "site": p.site,
                "sex": p.sex,
                "birth_date": p.birth_date,
                "same_person_as": p.same_person_as,
                "story": p.story,
            }
            for p in PATIENTS
        ],
        "studies": [_study(s, files) for s in STORIES],
        "orders": [
            {
                "slug": o.slug,
                "patient": o.patient,
                "study": o.study,
                "charset": o.person.charset,
                "dataset": worklist_item(o).to_json_dict(),
            }
            for o in ORDERS
        ],
        "files": files,
    }


def write(folder: Path) -> Path:
    """Write ``manifest.json`` into `folder` and return its path."""
    target = folder / "manifest.json"
    text = json.dumps(build(folder), indent=1, ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
    return target


def _study(s: Story, files: dict[str, Any]) -> dict[str, Any]:
    mine = {name: about for name, about in files.items() if name.startswith(f"{s.slug}/")}
    return {
        "slug": s.slug,
        "title": s.title,
        "shows": s.shows,
        "patient": s.patient,
        "patient_id": s.person.patient_id,
        "issuer": SITES[s.person.site].issuer,
        "patient_name": s.person.name,
        "site": s.person.site,
        "accession": s.accession,
        "study_uid": s.study_uid,
        "date": s.date,
        "description": s.description,
        "modalities": sorted({about["modality"] for about in mine.values()}),
        "preloaded_in": list(s.preloaded_in),
        "broken": s.broken,
        "files": list(mine),
    }


def _file(path: Path, title: str) -> dict[str, Any]:
    raw = path.read_bytes()
    ds = dcmread(path, stop_before_pixels=True)
    return {
        "sha256": hashlib.sha256(raw).hexdigest(),
        "size": len(raw),
        "licence": LICENCE,
        "purpose": f"{title}: {ds.SeriesDescription}, instance {ds.InstanceNumber}",
        "modality": ds.Modality,
        "sop_class_uid": ds.SOPClassUID,
        "sop_instance_uid": ds.SOPInstanceUID,
        "transfer_syntax_uid": ds.file_meta.TransferSyntaxUID,
    }
