"""What comes of the transactions of MHD: submitted, not sent, retrieved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from labkit.common.errors import DataError
from labkit.exchange.mhd.evaluate import Problem
from labkit.exchange.mhd.model import Resource


class NotMhd(DataError):
    """A Bundle that is not what ITI-65 wants; it was not sent.

    Attributes
    ----------
    problems
        What is wrong with it.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = "; ".join(str(problem) for problem in problems[:3])
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        super().__init__(
            f"ITI-65 would not be kept: {first}{more}.",
            remedy="Give the documents what is missing, or choose the level that fits them.",
        )
        self.problems = list(problems)


@dataclass(frozen=True)
class Provided:
    """What a submission has made.

    Attributes
    ----------
    submission_set
        Reference of the List.
    documents
        References of the DocumentReferences, in the order of the documents given.
    superseded
        References of what was replaced.
    bundle, answer
        The transaction, and the Bundle that answered it.
    """

    submission_set: str
    documents: tuple[str, ...]
    superseded: tuple[str, ...]
    bundle: Resource = field(repr=False)
    answer: Resource = field(repr=False)


@dataclass(frozen=True)
class Retrieved:
    """A document.

    Attributes
    ----------
    content, content_type
        Its bytes and their media type.
    verified
        Whether size and hash were said, and are those of the bytes. What is false is an error.
    """

    content: bytes = field(repr=False)
    content_type: str
    verified: bool
