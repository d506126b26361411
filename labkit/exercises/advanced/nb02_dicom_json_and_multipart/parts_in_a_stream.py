"""Read a multipart body while it arrives, with constant memory.

A study of 4 GB comes in pieces of any size. Nobody has 4 GB to put it together in.
"""

from collections.abc import Callable, Iterator
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb02_dicom_json_and_multipart._bodies import (
    LINES,
    PIXELS,
    B,
    end,
    part,
)

_REFERENCE = """
    def pieces(boundary, chunks):
        mark, rest, number, place = b"\\r\\n--" + boundary.encode(), b"\\r\\n", -1, "before"
        for chunk in chunks:
            rest += chunk
            while True:
                if place == "head":
                    head, empty, after = rest.partition(b"\\r\\n\\r\\n")
                    if head.startswith(b"--"):
                        return
                    if not empty:
                        break
                    rest, place, number = after, "content", number + 1
                at = rest.find(mark)
                sure = at if at >= 0 else max(len(rest) - len(mark) + 1, 0)
                if place == "content" and sure:
                    yield number, rest[:sure]
                rest = rest[sure:]
                if at < 0:
                    break
                rest, place = rest[len(mark):], "head"
        raise ValueError("the last boundary is missing")
"""

EXERCISE = Exercise(
    blank="""
        def pieces(boundary, chunks):
            ...  # yield (number of the part, bytes of it) as you know them; ValueError if cut off
    """,
    answer="pieces",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The network cuts where it likes, in the middle of a boundary too. So the end of what you
        have is not content yet: what could be the beginning of a boundary, one byte less than its
        length, waits for the next chunk. Everything before it is content for certain and goes out.
        Then memory is a chunk and a boundary, whatever the study's size, and the first image can be
        shown while the last is still in the archive.
    """,
    hints=(
        "Keep what has come and is not given out in rest. Which of its bytes can still turn out to "
        "be a boundary?",
        "If the boundary is not in rest, give out all but the last len(mark) - 1 bytes. Headers "
        "have to be complete before you cut them off: wait until the empty line is there.",
        "Four steps in a loop: find the mark; give out what is before it; look at the two bytes "
        "behind it, -- is the end; else read on to the empty line and count the next part.",
    ),
    wrong=(
        Wrong(
            "all-at-once",
            """
            def pieces(boundary, chunks):
                body = b"\\r\\n" + b"".join(chunks)
                for number, piece in enumerate(body.split(b"\\r\\n--" + boundary.encode())[1:]):
                    if piece.startswith(b"--"):
                        return
                    yield number, piece.partition(b"\\r\\n\\r\\n")[2]
                raise ValueError("cut off")
            """,
            """You put the whole body together first. It is right, and needs the memory of the
            study, times the number of people who ask.""",
        ),
        Wrong(
            "each-chunk-by-itself",
            """
            def pieces(boundary, chunks):
                mark, number = b"\\r\\n--" + boundary.encode(), -1
                for chunk in chunks:
                    first, *others = (b"\\r\\n" * (number < 0) + chunk).split(mark)
                    if number >= 0 and first:
                        yield number, first
                    for piece in others:
                        if piece.startswith(b"--"):
                            return
                        number += 1
                        yield number, piece.partition(b"\\r\\n\\r\\n")[2]
                raise ValueError("cut off")
            """,
            """You looked for the boundary in each chunk by itself. One that is cut in two by the
            network is in neither, and two objects become one.""",
        ),
        Wrong(
            "cut-off-unseen",
            _REFERENCE.replace('raise ValueError("the last boundary is missing")', "return"),
            """You took a body without its last boundary for complete. The study is shorter than it
            was, and the job says done.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.6.1.2.1"), cite("RFC 2046", "5.1.1"))
MOST = 64 * 1024
CONTENTS = (PIXELS, b"", LINES, bytes(range(256)) * 2000)


class _Feed:
    """Gives a body in chunks of one size, and knows how much was taken."""

    def __init__(self, body: bytes, size: int) -> None:
        self.body, self.size, self.taken = body, size, 0

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.body), self.size):
            chunk = self.body[at : at + self.size]
            self.taken += len(chunk)
            yield chunk


def check(work: Work) -> Verdict:
    """Feed it in chunks of several sizes, and count what it holds back."""
    small = b"".join(part(each) for each in CONTENTS[:3]) + end()
    large = b"".join(part(each) for each in CONTENTS) + end()
    held = 0
    for name, body, size in (
        ("one chunk", small, len(small)), ("a byte at a time", small, 1),
        ("chunks of 7 bytes", small, 7), ("half a megabyte in chunks of 4096", large, 4096),
    ):  # fmt: skip
        feed, got = _Feed(body, size), dict[int, bytearray]()
        given = 0
        try:
            stream: Any = work.answer(B, feed)
            if stream in (None, ...):
                return blank()
            for number, content in stream:
                got.setdefault(int(number), bytearray()).extend(content)
                given += len(content)
                held = max(held, feed.taken - given)
        except Exception as error:  # the learner's own code
            apart = isinstance(error, ValueError) and size < len(body)
            return failed(expected=f"{name}: the parts", got=f"{type(error).__name__}: {error}",
                          rule=RULE, mistake="each-chunk-by-itself" if apart else "")  # fmt: skip
        wanted = dict(enumerate(CONTENTS[: 4 if body is large else 3]))
        if {n: bytes(c) for n, c in got.items() if c} != {n: c for n, c in wanted.items() if c}:
            sizes = [len(got.get(n, b"")) for n in range(max([*got, *wanted]) + 1)]
            apart = size < len(body)
            return failed(expected=f"{name}: parts of {[len(c) for c in wanted.values()]} bytes",
                          got=f"parts of {sizes} bytes", rule=RULE,
                          mistake="each-chunk-by-itself" if apart else "")  # fmt: skip
    if held > MOST:
        return failed(expected=f"at most {MOST} bytes held back at a time",
                      got=f"{held} bytes came before any of them was given out", rule=RULE,
                      mistake="all-at-once")  # fmt: skip
    try:
        for _ in work.answer(B, _Feed(small[: small.rindex(b"\r\n--")], 11)):
            pass
    except ValueError:
        return passed("Any size of chunk, a boundary cut anywhere, and constant memory.", rule=RULE)
    return failed(expected="a ValueError where the last boundary is missing", got="no error",
                  rule=RULE, mistake="cut-off-unseen")  # fmt: skip
