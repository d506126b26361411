"""Who made these resources of what: a Provenance, for whoever asks for one.

It is not part of what a study is mapped to: `recorded` is required and another in every run, and
the same study twice would no longer be the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from labkit import __version__
from labkit.common.errors import UsageError
from labkit.fhir.mapping.links import resource_id
from labkit.fhir.mapping.study import MappedStudy
from labkit.fhir.mapping.table import MappingTable


def provenance(study: MappedStudy, table: MappingTable, recorded: datetime) -> dict[str, Any]:
    """Return the Provenance of a mapped study (R4 and R5 provenance).

    Parameters
    ----------
    table
        The table that mapped it. Its SHA-256 is the identifier of the agent: two runs with the same
        one mapped alike.
    recorded
        When the mapping was done, with a zone: the caller's clock.

    Returns
    -------
    dict
        `target` are all resources of the study; `entity` the study and its instances, by UID.

    Raises
    ------
    UsageError
        A time without a zone: FHIR's instant has one.
    """
    if recorded.utcoffset() is None:
        raise UsageError("the time of a Provenance needs a zone",
                         remedy="datetime.now(timezone.utc)")  # fmt: skip
    kept = [i["uid"] for s in study.imaging_study.get("series", ()) for i in s.get("instance", ())]
    names = [("ImagingStudy", study.uid), *(("", uid) for uid in kept)]
    return {
        "resourceType": "Provenance",
        "id": resource_id("Provenance", f"urn:oid:{study.uid}|{table.frozen}"),
        "target": [{"reference": f"{r['resourceType']}/{r['id']}"} for r in study.resources],
        "recorded": recorded.isoformat(timespec="seconds"),
        "activity": {"text": "Mapping of DICOM to FHIR"},
        "agent": [{"who": {
            "type": "Device",
            "identifier": {"value": f"sha256:{table.frozen}"},
            "display": f"labkit {__version__}, mapping table of {len(table)} rows",
        }}],
        "entity": [{"role": "source", "what": _named(kind, uid)} for kind, uid in names],
    }  # fmt: skip


def with_provenance(study: MappedStudy, table: MappingTable, recorded: datetime) -> MappedStudy:
    """Return the study with its Provenance as last resource."""
    return replace(study, resources=[*study.resources, provenance(study, table, recorded)])


def _named(kind: str, uid: str) -> dict[str, Any]:
    """Refer to what is in no FHIR server, by its UID (R4 references.html#logical)."""
    typed = {"type": kind} if kind else {}
    return {**typed, "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}}
