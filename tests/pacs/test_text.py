"""Character sets: what is decoded, what can be encoded, and which one an answer is in."""

import pytest

from labkit.pacs.text import character_set_for, decode, encode, encodings_of

CASES = [
    ("ISO_IR 100", "PN", "Müller^Änne", b"M\xfcller^\xc4nne"),
    ("ISO_IR 192", "PN", "Müller^Änne", "Müller^Änne".encode()),
    ("ISO_IR 144", "LO", "Люк", b"\xbb\xee\xda"),
    ("\\ISO 2022 IR 87", "PN", "Yamada^Tarou=山田^太郎",
     b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    ("\\ISO 2022 IR 149", "PN", "Hong^Gildong=洪^吉洞",
     b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"),
    ("GB18030", "PN", "Wang^XiaoDong=王^小东", "Wang^XiaoDong=王^小东".encode("gb18030")),
    ("", "LO", "plain", b"plain"),
]  # fmt: skip


@pytest.mark.parametrize(("character_set", "vr", "text", "raw"), CASES)
def test_decode_and_encode(character_set: str, vr: str, text: str, raw: bytes) -> None:
    encodings = encodings_of(character_set)
    assert decode(raw, vr, encodings) == text
    assert decode(encode(text, vr, encodings), vr, encodings) == text


def test_padding_is_not_part_of_a_value() -> None:
    assert decode(b" CT ", "CS", ["iso8859"]) == "CT"
    assert decode(b"1.2\x00", "UI", ["iso8859"]) == "1.2"
    assert decode(b"  indented ", "LT", ["iso8859"]) == "  indented"


def test_bytes_that_the_character_set_does_not_have_are_kept_one_by_one() -> None:
    assert decode(b"M\xfcller", "PN", encodings_of("ISO_IR 192")) == "Müller"
    assert decode(b"M\xfcller", "PN", encodings_of("")) == "Müller"


@pytest.mark.parametrize("character_set", ["", "ISO_IR 6", "ISO_IR 144", "\\ISO 2022 IR 87"])
def test_what_cannot_be_encoded_is_an_error(character_set: str) -> None:
    with pytest.raises(UnicodeError):
        encode("Müller^Änne=李", "PN", encodings_of(character_set))


def test_an_answer_keeps_to_the_character_set_of_the_query_if_it_can() -> None:
    assert character_set_for([("PN", "Adams")], "") == ""
    assert character_set_for([("PN", "Müller")], "ISO_IR 100") == "ISO_IR 100"
    assert character_set_for([("PN", "Müller")], "") == "ISO_IR 192"
    assert character_set_for([("PN", "山田")], "ISO_IR 100") == "ISO_IR 192"
    assert character_set_for([("PN", "=山田")], "\\ISO 2022 IR 87") == "\\ISO 2022 IR 87"
    assert character_set_for([("CS", "Ä")], "") == ""  # a CS is never in another repertoire
