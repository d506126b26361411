"""Write ``src/main/resources/terminology/dicom.json`` from what pydicom and highdicom carry.

::

    python containers/fhir/generate_terminology.py

R4 binds ImagingStudy.modality and sopClass to tables of DICOM that no FHIR package holds. The file
is a Bundle: CodeSystems (all of DCM; of SNOMED CT what Table L-1 and CID 244 use; of all URIs the
storage SOP classes: the last two are fragments, so that an unknown code is no error) and ValueSets,
under the addresses that R4 names in its bindings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydicom._uid_dict import UID_dictionary
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes

OUT = Path(__file__).parent / "src" / "main" / "resources" / "terminology" / "dicom.json"
DICOM = "http://dicom.nema.org/medical/dicom/current/output/chtml"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
SNOMED = "http://snomed.info/sct"
URIS = "urn:ietf:rfc:3986"
# What R4 ImagingStudy binds modality (with series.modality) and series.instance.sopClass to.
MODALITY = f"{DICOM}/part16/sect_CID_29.html"
SOP_CLASS = f"{DICOM}/part04/sect_B.5.html#table_B.5-1"

Meanings = Mapping[str, list[str]]


def dcm() -> Meanings:
    """{code: meanings} of PS3.16 Table D-1; a few codes have had more than one meaning."""
    found: dict[str, list[str]] = {}
    table: Mapping[str, Any] = concepts["DCM"]
    for uses in table.values():
        for code, (meaning, _) in uses.items():
            text = meaning.replace("\u200b", "")
            if text not in found.setdefault(code, []):
                found[code].append(text)
    return found


def acquisition() -> Iterable[str]:
    """Return the codes of CID 29."""
    group = codes.cid29
    return {getattr(group, name).value for name in group.dir()}


def snomed() -> Meanings:
    """{code: meanings} of body parts (PS3.16 Table L-1) and laterality (CID 244)."""
    spec = find_spec("highdicom")
    assert spec is not None and spec.origin is not None
    table = Path(spec.origin).parent / "_standard" / "anatomic_regions.json"
    found: dict[str, list[str]] = {}
    for scheme, code, meaning, _ in json.loads(table.read_text("utf-8")).values():
        if scheme == "SCT" and meaning not in found.setdefault(code, []):
            found[code].append(meaning)
    for name in codes.cid244.dir():
        side = getattr(codes.cid244, name)
        found.setdefault(side.value, []).append(side.meaning)
    return found


def sop_classes() -> Meanings:
    """{urn: name} of the storage SOP classes that are not retired (PS3.4 Table B.5-1)."""
    return {
        f"urn:oid:{uid}": [name]
        for uid, (name, kind, _, retired, _) in UID_dictionary.items()
        if kind == "SOP Class" and not retired and name.split(" - ")[0].endswith(" Storage")
    }


def concept(code: str, meanings: list[str]) -> dict[str, Any]:
    """Return a concept: the first meaning is its display."""
    row: dict[str, Any] = {"code": code, "display": meanings[0]}
    if meanings[1:]:
        row["designation"] = [{"value": other} for other in meanings[1:]]
    return row


def rows(table: Meanings, only: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return the concepts of a table, or those chosen, by code."""
    chosen = table if only is None else only
    return [concept(code, table[code]) for code in sorted(chosen)]


def resource(kind: str, id_: str, url: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a resource that says where it comes from."""
    pydicom, highdicom = version("pydicom"), version("highdicom")
    return {
        "resourceType": kind,
        "id": id_,
        "url": url,
        "version": f"pydicom-{pydicom}",
        "name": name,
        "status": "active",
        "publisher": "NEMA",
        "description": f"Generated from pydicom {pydicom} and highdicom {highdicom} (both MIT), "
        "which carry tables of the DICOM standard; see generate_terminology.py.",
        "copyright": "The DICOM standard is published by NEMA. SNOMED CT codes as DICOM uses them.",
        **more,
    }


def bundle() -> dict[str, Any]:
    """Return everything, as one collection."""
    known = dcm()
    acquired = acquisition()
    entries = [
        resource(
            "CodeSystem",
            "dcm",
            DCM,
            "DICOMControlledTerminology",
            title="PS3.16 Table D-1",
            caseSensitive=True,
            content="complete",
            concept=rows(known),
        ),
        resource(
            "CodeSystem",
            "snomed",
            SNOMED,
            "SNOMEDCTOfDICOM",
            title="PS3.16 Table L-1 and CID 244",
            caseSensitive=True,
            content="fragment",
            concept=rows(snomed()),
        ),
        resource(
            "CodeSystem",
            "uris",
            URIS,
            "URIsOfSOPClasses",
            title="PS3.4 Table B.5-1",
            caseSensitive=True,
            content="fragment",
            concept=rows(sop_classes()),
        ),
        resource(
            "ValueSet",
            "modality",
            MODALITY,
            "AcquisitionModality",
            title="PS3.16 CID 29",
            compose={"include": [{"system": DCM, "concept": rows(known, acquired)}]},
        ),
        resource(
            "ValueSet",
            "sop-class",
            SOP_CLASS,
            "StandardSOPClasses",
            title="PS3.4 Table B.5-1",
            compose={"include": [{"system": URIS, "concept": rows(sop_classes())}]},
        ),
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": entry} for entry in entries],
    }


def main(out: Path = OUT) -> None:
    """Write the file."""
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(bundle(), ensure_ascii=False, separators=(",", ":"))
    # one concept a line, so that what a new edition brings can be read in the difference
    text = text.replace('{"code":', '\n{"code":')
    out.write_text(text + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
