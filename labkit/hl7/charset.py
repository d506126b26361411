"""MSH-18 Character Set (HL7 table 0211), as Python and as DICOM spell it."""

from __future__ import annotations

import codecs

from pydicom.charset import python_encoding

# Table 0211 names the parts of ISO 8859 by number; only the three below have names of their own.
_NAMED = {
    "": "ascii",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "GB 18030-2000": "gb18030",
}


def codec_of(name: str) -> str | None:
    """The Python codec of a value of MSH-18; ``None`` where this program has none.

    An empty MSH-18 means ASCII (HL7 v2 2.15.9.18).
    """
    wanted = name.strip().upper()
    kind, _, part = wanted.partition("/")
    found = f"iso8859-{part}" if kind == "8859" and part.isdecimal() else _NAMED.get(wanted)
    try:
        return codecs.lookup(found).name if found else None
    except LookupError:
        return None


def dicom_term(codec: str) -> str:
    """Specific Character Set (0008,0005) of a codec; ``""`` for the default repertoire.

    A codec for which PS3.3 C.12.1.1.2 has no term becomes UTF-8, which holds everything.
    """
    if codec == "ascii":
        return ""
    for term, encoding in python_encoding.items():
        one_byte = term.startswith("ISO_IR") and term != "ISO_IR 6"
        if (one_byte or term == "GB18030") and codecs.lookup(encoding).name == codec:
            return str(term)
    return "ISO_IR 192"
