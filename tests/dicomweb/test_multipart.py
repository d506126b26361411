"""The multipart parser: any division into pieces means the same."""

from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import DataError
from labkit.dicomweb.multipart import Begin, End, Parser, Writer
from tests.effort import effort


def parsed(boundary: str, pieces: list[bytes]) -> list[tuple[dict[str, str], bytes]]:
    parser = Parser(boundary)
    found: list[tuple[dict[str, str], bytes]] = []
    for piece in pieces:
        for event in parser.feed(piece):
            if isinstance(event, Begin):
                found.append((event.headers, b""))
            elif not isinstance(event, End):
                found[-1] = found[-1][0], found[-1][1] + event
    parser.close()
    return found


CONTENT = st.lists(st.binary(max_size=40) | st.just(b"\r\n--") | st.just(b"\r\n\r\n"), max_size=4)


@settings(max_examples=effort(60, 2000), deadline=None)
@given(contents=CONTENT, size=st.integers(1, 50), headers=st.booleans())
def test_any_pieces(contents: list[bytes], size: int, headers: bool) -> None:
    writer = Writer()
    given_headers = {"Content-Type": "application/dicom"} if headers else {}
    body = b"".join(p for c in contents for p in writer.part(given_headers, [c])) + writer.end()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    found = parsed(writer.boundary, pieces)
    assert [content for _, content in found] == contents
    assert all(("content-type" in each) is headers for each, _ in found)


def test_the_standard_library_reads_what_is_written() -> None:
    writer = Writer()
    body = b"".join(writer.part({"A": "b"}, [b"one"])) + writer.end()
    whole = f"Content-Type: {writer.content_type('text/plain')}\r\n\r\n".encode() + body
    (part,) = message_from_bytes(whole).get_payload()  # type: ignore[misc]
    assert part["a"] == "b" and part.get_payload() == "one"


def test_preamble_epilogue_and_padding_have_no_meaning() -> None:
    body = b"read me\r\n--b \t\r\nX: 1\r\n\r\nbody\r\n--b--\r\nthe end\r\n--b"
    assert parsed("b", [body]) == [({"x": "1"}, b"body")]
    assert parsed("b", [b"--b\r\n\r\n\r\n--b--"]) == [({}, b"")]


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n\r\nno end", b"--bx\r\n\r\n\r\n--b--", b"--b\r\n" + b"x" * 20000]
)
def test_garbage_is_told(body: bytes) -> None:
    with pytest.raises(DataError) as caught:
        parsed("b", [body])
    assert caught.value.remedy
