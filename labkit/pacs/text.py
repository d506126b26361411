"""Text in and out of its character set (PS3.3 C.12.1.1.2, PS3.5 6.1).

The index keeps Unicode, so that a query in one character set finds what was stored in another.
"""

from __future__ import annotations

from pydicom.charset import decode_bytes, encode_string, python_encoding
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, TEXT_VR_DELIMS, PersonName

UTF_8 = "ISO_IR 192"
_PN_DELIMITERS = {0x5E, 0x3D, 0x5C}  # ^ = and backslash end a code extension (PS3.5 6.1.2.5.3)


def encodings_of(character_set: str) -> list[str]:
    """Python's encodings for a value of Specific Character Set (0008,0005).

    Parameters
    ----------
    character_set
        As in the data set, several terms joined with a backslash; ``""`` is the default repertoire.

    Notes
    -----
    A term that is not defined is taken as the default repertoire: the object is kept and found, and
    what its sender wrote wrongly is seen as what it is.
    """
    terms = [term.strip() for term in character_set.split("\\")]
    return [python_encoding.get(term, "iso8859") for term in terms]


def decode(raw: bytes, vr: str, encodings: list[str]) -> str:
    """A value as text; several values stay joined with a backslash. Padding is taken off."""
    if raw.isascii() and b"\x1b" not in raw:
        text = raw.decode("ascii")
    elif vr not in CUSTOMIZABLE_CHARSET_VR:
        text = raw.decode("latin_1")
    else:
        try:
            if b"\x1b" in raw:
                delimiters = _PN_DELIMITERS if vr == "PN" else TEXT_VR_DELIMS | {0x5C}
                text = decode_bytes(raw, encodings, delimiters)
            else:
                text = raw.decode(encodings[0])
        except (UnicodeError, LookupError):
            text = raw.decode("latin_1")  # every byte means something here: nothing is lost
    return text.strip("\x00 ") if vr not in ("LT", "ST", "UT") else text.rstrip("\x00 ")


def encode(text: str, vr: str, encodings: list[str]) -> bytes:
    """A value as bytes, not padded.

    Raises
    ------
    UnicodeError
        The character set does not have one of the characters.
    """
    if text.isascii():
        return text.encode("ascii")
    if vr not in CUSTOMIZABLE_CHARSET_VR:
        return text.encode("latin_1", "replace")
    if len(encodings) == 1 and encodings[0].lower() in ("utf8", "gb18030", "gbk", "latin_1"):
        return text.encode(encodings[0])
    if encodings[0] == "iso8859" and len(encodings) == 1:  # the default repertoire is ASCII only
        return text.encode("ascii")
    if "iso8859" in encodings and any("\x80" <= character <= "\xff" for character in text):
        # Python's codec would write them; the default repertoire, ISO-IR 6, does not have them.
        raise UnicodeError("not in the default repertoire")
    if vr == "PN":
        names = (PersonName(name).encode(encodings) for name in text.split("\\"))
        raw = b"\\".join(bytes(name) for name in names)
    else:
        raw = b"\\".join(encode_string(part, encodings) for part in text.split("\\"))
    if decode(raw, vr, encodings) != text.strip(" "):
        raise UnicodeError(f"not encodable in {encodings}")
    return raw


def character_set_for(texts: list[tuple[str, str]], asked: str) -> str:
    """The Specific Character Set of an answer.

    The one the query came in, if it has all the characters, since that is what the other side can
    read for certain; else UTF-8. Empty where everything is ASCII.

    Parameters
    ----------
    texts
        VR and text of each value.
    asked
        Specific Character Set of the query.
    """
    foreign = [(vr, text) for vr, text in texts if not text.isascii()]
    if not foreign:
        return asked
    encodings = encodings_of(asked)
    try:
        for vr, text in foreign:
            encode(text, vr, encodings)
    except (UnicodeError, LookupError):
        return UTF_8
    return asked
