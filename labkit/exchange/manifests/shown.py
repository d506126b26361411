"""A manifest for people and for programs: rows of a table, JSON values."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from labkit.exchange.manifests.check import check
from labkit.exchange.manifests.model import Manifest
from labkit.exchange.manifests.terms import Code


def to_json(manifest: Manifest) -> dict[str, Any]:
    """Return all that a manifest says as JSON values, with what is missing and what is odd."""
    found: dict[str, Any] = _plain(manifest)
    found["flavour"] = manifest.flavour
    found["problems"] = [str(problem) for problem in manifest.problems]
    found["missing"] = [str(problem) for problem in check(manifest)]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Code):
        return {"code": value.value, "scheme": value.scheme_designator, "meaning": value.meaning}
    if is_dataclass(value):
        named = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        return {name: plain for name, plain in named.items() if plain not in ("", None, [], {})}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def rows(manifest: Manifest) -> list[tuple[str, ...]]:
    """Return a row for each series: number, modality, description, instances, where."""
    return [
        (
            "" if series.number is None else str(series.number), series.modality,
            series.description, str(len(series.instances)),
            " ".join(filter(None, (series.location.url, series.location.uid,
                                   *series.location.ae_titles))),
        ) for series in manifest.series
    ]  # fmt: skip


def heading(manifest: Manifest) -> str:
    """Return who and what in a few lines."""
    patient = manifest.patient
    who = f"{patient.id.value} of {patient.id.authority or patient.id.name or 'nobody'}" \
        if patient.id else "no Patient ID"  # fmt: skip
    accessions = ", ".join(a.value for a in manifest.accessions) or "none"
    return "\n".join((
        f"{manifest}", f"  patient            {who}", f"  accession number   {accessions}",
        f"  manifest           {manifest.uid}",
    ))  # fmt: skip
