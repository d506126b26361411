"""A fuzzer in small: seeds of `tests/corpus` with something changed, handed to a target.

Hypothesis makes inputs of a form; this takes inputs that are good, or were once bad, and spoils
them. It costs some microseconds an input, so that a target can be given a hundred thousand.
"""

from __future__ import annotations

import hashlib
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.effort import dice, effort

CORPUS = Path(__file__).parents[1] / "corpus"
KEPT = Path(__file__).parents[2] / "artifacts" / "fuzz"
"""Where an input goes that made a test fail: look at it, mend, and move it into the corpus."""

Target = Callable[[bytes], object]
_LENGTHS = [
    bytes.fromhex(text)
    for text in ("ffffffff", "feffffff", "00000080", "ffffff7f", "0000", "ffff", "00000000", "01")
]
_MARKS = [
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\xff",
    b"\x80",
    b"../",
    b"'",
    b'"',
    b"%",
    b"\\",
    b"&",
    b"<",
    b"[",
    b"{",
    b"]",
    b"}",
    b"-1",
    b"1e999",
    b"NaN",
    b"9" * 30,
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
]


def seeds(name: str) -> dict[str, bytes]:
    """Return the corpus of one kind by file name; it has to be there."""
    found = {path.name: path.read_bytes() for path in sorted((CORPUS / name).iterdir())}
    assert found, f"no corpus {name}"
    return found


def spoilt(
    data: bytes, others: Sequence[bytes], marks: Sequence[bytes], roll: random.Random
) -> bytes:
    """Return `data` with one to six things changed."""
    made = bytearray(data)
    for _ in range(1 + min(roll.getrandbits(3), 5)):
        at = int(roll.random() * (len(made) + 1))
        what = roll.getrandbits(3)
        if what == 0 and made:  # one byte
            made[min(at, len(made) - 1)] = roll.getrandbits(8)
        elif what == 1:  # something is missing
            del made[at : at + 1 + (roll.getrandbits(8) >> roll.getrandbits(3))]
        elif what == 2:  # something is there twice
            made[at:at] = made[at : at + 1 + (roll.getrandbits(8) >> roll.getrandbits(3))]
        elif what == 3:  # a length, or part of one
            new = _LENGTHS[int(roll.random() * len(_LENGTHS))]
            made[at : at + len(new)] = new
        elif what == 4:  # the end of another one
            other = others[int(roll.random() * len(others))]
            made[at:] = other[int(roll.random() * (len(other) + 1)) :]
        elif what == 5:  # one bit
            if made:
                made[min(at, len(made) - 1)] ^= 1 << roll.getrandbits(2)
        elif what == 6:  # noise
            made[at:at] = roll.randbytes(1 + roll.getrandbits(3))
        else:  # what means something in this kind
            made[at:at] = marks[int(roll.random() * len(marks))]
    return bytes(made)


class Fuzz:
    """Hands inputs to a target, and counts them.

    Attributes
    ----------
    inputs
        How many there were.
    """

    def __init__(self, name: str) -> None:
        self.name, self.inputs = name, 0

    def run(
        self, target: Target, corpus: str, *, few: int, many: int, marks: Sequence[bytes] = ()
    ) -> None:
        """Replay a corpus as it is, then spoil it `few` times, `many` in a long run.

        Raises
        ------
        AssertionError
            The target raised; says where the input is kept.
        """
        for data in self._inputs(corpus, effort(few, many), [*_MARKS, *marks]):
            self.inputs += 1
            try:
                target(data)
            except Exception as error:
                kept = KEPT / f"{corpus}-{hashlib.sha256(data).hexdigest()[:12]}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(data)
                # As ASCII, and without the frames: pytest-xdist ends where a report has half of a
                # surrogate pair in it.
                lines = ascii(traceback.format_exc()).replace("\\n", "\n")
                told = f"{type(error).__name__} at input {self.inputs}, which is kept: {kept}"
                raise AssertionError(f"{told}\n{lines}") from None

    def _inputs(self, corpus: str, count: int, marks: list[bytes]) -> Iterator[bytes]:
        good = list(seeds(corpus).values())
        yield from good
        roll = dice(self.name)
        for _ in range(count):
            yield spoilt(good[int(roll.random() * len(good))], good, marks, roll)
