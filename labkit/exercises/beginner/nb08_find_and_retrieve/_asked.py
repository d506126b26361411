"""What a learner asked of a node: queries and retrievals with their identifiers and answers."""

from __future__ import annotations

from typing import Any

from pydicom import Dataset

from labkit.exercises import Work
from labkit.exercises.evidence import Exchange, exchanges


def asked(exchange: Exchange) -> Dataset:
    """Return the identifier of a request, empty where it cannot be read."""
    return exchange.request.data_set or Dataset()


def value(ds: Dataset, keyword: str) -> str:
    """Return a key's value as one text, several joined by backslashes as on the wire."""
    found = ds.get(keyword)
    if found is None:
        return ""
    several = not isinstance(found, str) and hasattr(found, "__iter__") and keyword != "PatientName"
    return "\\".join(map(str, found)) if several else str(found).strip()


def matches(work: Work, node: str) -> list[Dataset]:
    """Return every match that `node` sent since the mark."""
    return [
        ds
        for each in exchanges(work, node, "C-FIND")
        for response in each.responses
        if (ds := response.data_set) is not None
    ]


def uids_in(answer: Any, keyword: str) -> set[str]:
    """Take a UID, a data set, or many of either; a result counts as its matches."""
    if isinstance(answer, (str, Dataset)):
        answer = [answer]
    found = (item.get(keyword, "") if isinstance(item, Dataset) else item for item in answer)
    return {str(uid).strip() for uid in found} - {""}
