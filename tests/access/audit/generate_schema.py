"""Write ``audit-message.rng`` from the text of PS3.15 A.5.1.1, which is RELAX NG in compact form.

::

    pip install rnc2rng
    python tests/access/audit/generate_schema.py chapter_A.rst

The text is Annex A of PS3.15 as reStructuredText (GitHub ``chsasank/dicom_standard``,
``source/part15/chapter_A.rst``, converted from NEMA's DocBook; its edition is not named there).
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

import rnc2rng

HERE = Path(__file__).parent
COMMIT = "2384a799ebf3a7f2e5746bd8e26e653ad7187a85"


def main(source: Path) -> None:
    """Cut the schema out, turn it into XML syntax, say where it is from."""
    text = source.read_text("utf-8")
    found = re.search(r"^   datatypes xsd = .*?^   start = message$", text, re.S | re.M)
    assert found, "no schema in this text"
    compact = re.sub(r"^   ", "", found[0], flags=re.M)
    # A comment of two marks is an annotation in the compact syntax, and stands in places where
    # none may stand: it is a comment all the same.
    compact = re.sub(r"#.*$", "", compact, flags=re.M)
    rng = rnc2rng.dumps(rnc2rng.loads(compact))
    note = (
        f"<!-- PS3.15 A.5.1.1 Audit Message Schema. Made by generate_schema.py from\n"
        f"     github.com/chsasank/dicom_standard {COMMIT} source/part15/chapter_A.rst,\n"
        f"     SHA-256 {hashlib.sha256(source.read_bytes()).hexdigest()}.\n"
        f"     The DICOM standard is copyright NEMA. Edition: not named in the source. -->\n"
    )
    head, _, body = rng.partition("\n")
    (HERE / "audit-message.rng").write_text(f"{head}\n{note}{body}", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
