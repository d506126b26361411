"""Write ``labkit/fhir/mapping/tables/*.json`` from what pydicom and highdicom carry of PS3.16.

::

    python tests/fhir/mapping/generate_tables.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydicom.sr.codedict import codes

TABLES = Path(__file__).resolve().parents[3] / "labkit" / "fhir" / "mapping" / "tables"


def context_group(number: int) -> dict[str, str]:
    """{code: meaning} of a context group, as pydicom has it."""
    group = getattr(codes, f"cid{number}")
    found = (getattr(group, name) for name in group.dir())
    return {code.value: code.meaning for code in found}


def modalities() -> dict[str, Any]:
    acquisition = context_group(29)
    return {
        value: {"meaning": meaning, "acquisition": value in acquisition}
        for value, meaning in sorted({**context_group(33), **acquisition}.items())
    }


def sides() -> dict[str, Any]:
    """Laterality (0020,0060) L, R, B, U are the first letters of the four concepts of CID 244."""
    return {
        meaning[0]: {"code": value, "meaning": meaning}
        for value, meaning in sorted(context_group(244).items())
    }


def body_parts() -> dict[str, Any]:
    spec = find_spec("highdicom")
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).parent / "_standard" / "anatomic_regions.json"
    rows: Mapping[str, list[Any]] = json.loads(source.read_text("utf-8"))
    return {
        term: {"code": code, "meaning": meaning, "paired": paired}
        for term, (scheme, code, meaning, paired) in sorted(rows.items())
        if scheme == "SCT"
    }


def tables() -> dict[str, tuple[str, str, dict[str, Any]]]:
    pydicom = f"pydicom {version('pydicom')}, pydicom.sr (MIT)"
    return {
        "modalities": ("PS3.16 CID 29 and CID 33", pydicom, modalities()),
        "laterality": ("PS3.16 CID 244", pydicom, sides()),
        "body_parts": (
            "PS3.16 Annex L, Table L-1",
            f"highdicom {version('highdicom')}, _standard/anatomic_regions.json (MIT)",
            body_parts(),
        ),
    }


def main(out: Path = TABLES) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, (edition, source, rows) in tables().items():
        origin = {
            "edition": edition,
            "source": source,
            "licence": "the DICOM standard is published by NEMA; the packages are MIT",
            "command": "python tests/fhir/mapping/generate_tables.py",
        }
        lines = ",\n".join(
            f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in rows.items()
        )
        head = json.dumps(origin, ensure_ascii=False)
        text = f'{{\n"origin": {head},\n"rows": {{\n{lines}\n}}\n}}\n'
        (out / f"{name}.json").write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
