"""Make ``tables/regions.json`` from IHE's MADO supplement.

    python tests/exchange/manifests/generate_regions.py TEXT

TEXT is what pypdf's ``page.extract_text()`` gives of ``input/images/IHE_RAD_Suppl_MADO.pdf`` of
github.com/IHE/RAD.MADO. pypdf is not in the lock: one table of a document needs no dependency.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[3] / "labkit/exchange/manifests/tables/regions.json"
ORIGIN = {
    "edition": "IHE RAD MADO Rev. 1.1 Trial Implementation, 2026-03-16, Table 6.X.6.4-1, "
    "CID IHE-MADO1 (version 20260227)",
    "source": "github.com/IHE/RAD.MADO 6e3217c, input/images/IHE_RAD_Suppl_MADO.pdf",
    "licence": "CC-BY-4.0, IHE International; SNOMED CT codes as DICOM publishes them",
    "command": "python tests/exchange/manifests/generate_regions.py TEXT",
}
_ROW = re.compile(r"^SCT (\d+)\s+(\S.*?)\s+([A-Z]+)\s*$", re.MULTILINE)


def rows(text: str) -> dict[str, dict[str, str]]:
    """Return Body Part Examined → code of the value set."""
    table = text[text.rindex("Table 6.X.6.4-1: CID IHE-MADO1") :]
    return {part: {"code": code, "meaning": meaning} for code, meaning, part in _ROW.findall(table)}


def main() -> None:
    """Write the table."""
    found = rows(Path(sys.argv[1]).read_text("utf-8"))
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items()))
    TARGET.write_text(
        f'{{\n"origin": {json.dumps(ORIGIN)},\n"rows": {{\n{lines}\n}}\n}}\n', encoding="utf-8"
    )


if __name__ == "__main__":
    main()
