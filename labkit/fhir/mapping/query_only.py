"""Attributes that exist in answers to queries alone (PS3.4 C.3.4): no stored object has them."""

from __future__ import annotations

import re

#: "Additional Query/Retrieve Attributes" of PS3.4 Table C.3-1 and their kin.
_COUNTS = re.compile(r"NumberOf(Patient|Study|Series)Related(Studies|Series|Instances)")
_OTHERS = frozenset({
    "AlternateRepresentationSequence", "AnatomicRegionsInStudyCodeSequence", "InstanceAvailability",
    "ModalitiesInStudy", "QueryRetrieveLevel", "QueryRetrieveView", "RetrieveAETitle",
    "RetrieveURI", "RetrieveURL", "SOPClassesInStudy", "StorageMediaFileSetID",
    "StorageMediaFileSetUID",
})  # fmt: skip


def is_query_only(keyword: str) -> bool:
    """Whether the attribute with this keyword is never in a stored object."""
    return keyword in _OTHERS or _COUNTS.fullmatch(keyword) is not None
