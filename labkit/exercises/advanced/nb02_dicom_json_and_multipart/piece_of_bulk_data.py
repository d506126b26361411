"""Fetch a piece out of the middle of bulk data.

A viewer wants the first rows of a picture, a program the rest of a download that was cut.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._relay import Answer, Asked, Forward, relay
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import service

_REFERENCE = """
    def piece(url, start, count):
        answer = requests.get(url, headers={
            "Accept": "application/octet-stream",
            "Range": f"bytes={start}-{start + count - 1}",
        })
        answer.raise_for_status()
        if answer.status_code == 206:
            return answer.content
        return answer.content[start:start + count]
"""

EXERCISE = Exercise(
    given="""
        import requests
    """,
    blank="""
        def piece(url, start, count):
            ...  # count bytes of the bulk data at url, from byte start on
    """,
    answer="piece",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A Range names its first and its last byte, both included, from 0 (RFC 9110 14.1.2). A
        server that can do it answers 206 with Content-Range; one that cannot, or does not want to,
        answers 200 with all of it, and that is allowed (RFC 9110 14.2). So look at the status
        before you use the bytes. Take single part: over multipart the range would count boundaries
        and headers, too (PS3.18 8.6.1.2).
    """,
    hints=(
        "The header Range asks for bytes=first-last. The last byte is included.",
        "The answer to a range is 206. What is in the body if it is 200?",
        '"Range": f"bytes={start}-{start + count - 1}"; on 200 cut the piece out yourself. Accept '
        "application/octet-stream, not multipart.",
    ),
    wrong=(
        Wrong(
            "one-byte-more",
            _REFERENCE.replace("{start + count - 1}", "{start + count}"),
            """You have one byte more than you wanted. The last byte of a range is included, other
            than the end of a slice in Python.""",
        ),
        Wrong(
            "200-taken-for-206",
            """
            def piece(url, start, count):
                answer = requests.get(url, headers={
                    "Accept": "application/octet-stream",
                    "Range": f"bytes={start}-{start + count - 1}",
                })
                answer.raise_for_status()
                return answer.content[:count]
            """,
            """You took what came for the piece. A server may ignore Range and send everything with
            200: your bytes are then the first ones, and not those from start on.""",
        ),
        Wrong(
            "all-of-it",
            """
            def piece(url, start, count):
                answer = requests.get(url, headers={"Accept": "application/octet-stream"})
                return answer.content[start:start + count]
            """,
            """You fetched everything and cut the piece out here. It is right, and the network
            carried all of it.""",
        ),
        Wrong(
            "multipart",
            _REFERENCE.replace(
                '"application/octet-stream"',
                """'multipart/related; type="application/octet-stream"'""",
            ),
            """You asked for multipart. A range of that counts the boundary and the part's headers
            as well, so your bytes are not the ones of the value.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "14.2"), cite("PS3.18", "8.6.1.1"))
VALUE = bytes((n * 7 + n // 256) % 256 for n in range(10_000))
MULTIPART = b"\r\n--q\r\nContent-Type: application/octet-stream\r\n\r\n" + VALUE + b"\r\n--q--\r\n"
START, COUNT = 4000, 500


def check(work: Work) -> Verdict:
    """Serve a value with ranges, then as a server without them."""
    ranges = True

    def answer(asked: Asked, forward: Forward) -> Answer:
        accept = asked.headers.get("accept", "").replace(" ", "")
        several = accept.startswith("multipart/related")
        value = MULTIPART if several else VALUE
        kind = "multipart/related; boundary=q" if several else "application/octet-stream"
        wanted = asked.headers.get("range", "") if ranges else ""
        if not wanted.startswith("bytes="):
            return Answer(200, {"Content-Type": kind}, value)
        begin, _, last = wanted.removeprefix("bytes=").partition("-")
        try:
            first, end = int(begin), min(int(last or len(value) - 1), len(value) - 1)
        except ValueError:
            return Answer(200, {"Content-Type": kind}, value)
        about = {"Content-Type": kind, "Content-Range": f"bytes {first}-{end}/{len(value)}"}
        return Answer(206, about, value[first : end + 1])

    wanted = VALUE[START : START + COUNT]
    expected = f"bytes {START} to {START + COUNT - 1}, {COUNT} of them"
    with relay(service(work).url, answer) as there:
        got: Any = work.call(f"{there.url}/bulk/1", START, COUNT)
        if got in (None, ...) and not there.asked:
            return blank()
        if not isinstance(got, (bytes, bytearray)):
            return failed(expected="bytes", got=got, rule=RULE)
        first = there.asked[0] if there.asked else Asked("GET", "", {})
        if first.headers.get("accept", "").startswith("multipart"):
            return failed(expected="a single part", got="a range over a multipart body", rule=RULE,
                          mistake="multipart")  # fmt: skip
        if "range" not in first.headers:
            return failed(expected=f"{expected}, and no others over the network",
                          got=f"a request for all {len(VALUE)} bytes", rule=RULE,
                          mistake="all-of-it")  # fmt: skip
        if bytes(got) != wanted:
            more = bytes(got) == VALUE[START : START + COUNT + 1]
            return failed(expected=expected, got=f"{len(got)} bytes", rule=RULE,
                          mistake="one-byte-more" if more else "")  # fmt: skip
        ranges = False
        got = work.call(f"{there.url}/bulk/1", START, COUNT)
    if bytes(got or b"") != wanted:
        begins = bytes(got or b"")[:COUNT] == VALUE[:COUNT]
        return failed(expected=f"{expected}, from a server without ranges too",
                      got="the first bytes of the value" if begins else f"{len(got or b'')} bytes",
                      rule=RULE, mistake="200-taken-for-206" if begins else "")  # fmt: skip
    return passed("The piece alone where the server can, and the right one where it cannot.",
                  rule=RULE)  # fmt: skip
