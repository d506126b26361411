"""A study that is known already, and what has come in since.

The rules are written in ``docs/mapping.md``. In short: another patient is refused unless it is said
to be a correction; lists are united, single values stay and a contradiction is told; series and
instances go by their UID, and the newer wins; what a rejection note or the caller withdraws is
taken out; counts and modalities are worked out again. Nothing new gives the very same resources.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.common.errors import DataError, UsageError
from labkit.fhir.mapping.rejection import Note, status_without_instances
from labkit.fhir.mapping.study import MappedStudy
from labkit.fhir.mapping.trail import Problem

Resource = dict[str, Any]
#: Elements of ImagingStudy that are worked out, or have rules of their own.
_OWN = {"resourceType", "id", "status", "series", "numberOfSeries", "numberOfInstances",
        "modality", "subject", "meta"}  # fmt: skip


@dataclass
class Merged:
    """What came out.

    Attributes
    ----------
    resources
        ImagingStudy first. Elements that no mapping writes (notes, extensions) are as they were.
    changes
        One line for each difference to what was there; empty: the resources are the same.
    problems
        Contradictions; what was there has been kept.
    """

    resources: list[Resource]
    changes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def merge(
    existing: Sequence[Resource],
    new: MappedStudy,
    *,
    correction: bool = False,
    removed: Iterable[str] = (),
) -> Merged:
    """Bring existing resources of a study up to date.

    Parameters
    ----------
    existing
        An ImagingStudy, and what of its Patient, Device … is known; not changed.
    new
        The same study, mapped from the instances that have come in: all or the late ones.
    correction
        The new headers are right where they contradict (IHE PIR): another patient, another date.
    removed
        SOP Instance UIDs that were deleted at the source.

    Raises
    ------
    DataError
        No ImagingStudy among `existing`.
    UsageError
        It is another study.
    """
    old = copy.deepcopy(list(existing))
    study = next((r for r in old if r.get("resourceType") == "ImagingStudy"), None)
    if study is None:
        raise DataError("there is no ImagingStudy to merge into", remedy="create it first")
    if not _same_study(study, new.imaging_study):
        raise UsageError(
            f"the ImagingStudy {study.get('id')} is not of study {new.uid}",
            remedy="search for it by identifier=urn:dicom:uid|urn:oid:…",
        )
    out = Merged(old, [], list(new.problems))
    incoming = new.imaging_study
    if "subject" not in study or study["subject"] == incoming["subject"] or correction:
        _set(study, "subject", incoming["subject"], out)
    else:
        words = f"the study is of {_who(study)}, the new instances are of {_who(incoming)}: refused"
        return Merged(old, [], [*out.problems, Problem("error", "patient", words, new.uid)])
    elsewhere = _elements(study, incoming, correction, out)
    _series(study, incoming, elsewhere, out)
    _withdraw(study, new.rejected, set(removed), out)
    _count(study, incoming, out)
    _others(old, new, out)
    return out


def _same_study(one: Resource, other: Resource) -> bool:
    return bool(_uids(one) & _uids(other))


def _uids(study: Resource) -> set[str]:
    found = (i for i in study.get("identifier", ()) if i.get("system") == "urn:dicom:uid")
    return {str(i.get("value")) for i in found}


def _who(study: Resource) -> str:
    subject = study.get("subject", {})
    value = subject.get("identifier", {}).get("value")
    return str(subject.get("reference") or value or subject.get("display") or "nobody")


def _set(target: Resource, name: str, value: Any, out: Merged, at: str = "ImagingStudy") -> None:
    if target.get(name) != value:
        out.changes.append(f"{at}.{name}: {_short(target.get(name))} → {_short(value)}")
        target[name] = value


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) < 60 else f"{text[:57]}…"


def _elements(study: Resource, new: Resource, correction: bool, out: Merged) -> list[Any]:
    """Unite lists, keep single values; return the endpoints that go to the new series."""
    elsewhere: list[Any] = []
    for name, value in new.items():
        if name in _OWN:
            continue
        have = study.get(name)
        if name == "endpoint" and have:
            elsewhere = [e for e in value if e not in have]
        elif isinstance(value, list) and isinstance(have, list) and not correction:
            _set(study, name, have + [v for v in value if v not in have], out)
        elif have is None or correction:
            _set(study, name, value, out)
        elif have != value:
            words = f"{name} is {_short(have)}, the new instances say {_short(value)}: kept"
            out.problems.append(Problem("warning", "conflict", words, str(study.get("id", ""))))
    return elsewhere


def _series(study: Resource, new: Resource, endpoints: list[Any], out: Merged) -> None:
    known = {s.get("uid"): s for s in study.get("series", ())}
    for series in new.get("series", ()):
        fresh = {**series, **({"endpoint": endpoints} if endpoints else {})}
        have = known.get(series["uid"])
        if have is None:
            out.changes.append(f"ImagingStudy.series: + {series['uid']}")
            known[series["uid"]] = copy.deepcopy(fresh)
            continue
        at = f"ImagingStudy.series({series['uid']})"
        for name, value in fresh.items():
            if name not in ("instance", "numberOfInstances", "uid"):
                _set(have, name, value, out, at)
        _instances(have, series, at, out)
    if known:
        study["series"] = sorted(known.values(), key=_number_then_uid)


def _instances(have: Resource, series: Resource, at: str, out: Merged) -> None:
    known = {i.get("uid"): i for i in have.get("instance", ())}
    for instance in series.get("instance", ()):
        if known.get(instance["uid"]) != instance:
            sign = "~" if instance["uid"] in known else "+"
            out.changes.append(f"{at}.instance: {sign} {instance['uid']}")
            known[instance["uid"]] = dict(instance)
    have["instance"] = sorted(known.values(), key=_number_then_uid)


def _withdraw(study: Resource, notes: dict[str, Note], removed: set[str], out: Merged) -> None:
    gone = removed | set(notes)
    before = study.get("series", [])
    kept = []
    for series in before:
        left = [i for i in series.get("instance", ()) if i.get("uid") not in gone]
        for lost in (i for i in series.get("instance", ()) if i.get("uid") in gone):
            out.changes.append(f"ImagingStudy.series({series['uid']}).instance: - {lost['uid']}")
        if len(left) != len(series.get("instance", ())):
            series["instance"] = left
        if left or "instance" not in series:
            kept.append(series)
    if kept:
        study["series"] = kept
        if study.get("status") in (None, "registered"):
            _set(study, "status", "available", out)
    elif before:
        del study["series"]
        _set(study, "status", status_without_instances(notes.values()), out)


def _count(study: Resource, new: Resource, out: Merged) -> None:
    """Work out again what follows from the series."""
    series = study.get("series", ())
    for one in series:
        if "instance" in one:
            at = f"ImagingStudy.series({one['uid']})"
            _set(one, "numberOfInstances", len(one["instance"]), out, at)
    if all("instance" in s for s in series):
        total = sum(len(s["instance"]) for s in series)
        _set(study, "numberOfInstances", total, out)
    _set(study, "numberOfSeries", len(series), out)
    there = {_code(s.get("modality", {})) for s in series}
    both = {_code(m): m for m in (*study.get("modality", ()), *new.get("modality", ()))}
    wanted = [both[code] for code in sorted(both) if code in there]
    if wanted:
        if sorted(map(_code, study.get("modality", ()))) != sorted(map(_code, wanted)):
            _set(study, "modality", wanted, out)
    elif "modality" in study:
        out.changes.append("ImagingStudy.modality: none is left")
        del study["modality"]


def _code(modality: Resource) -> str:
    """Return the code of a Coding (R4) or of the first one of a CodeableConcept (R5)."""
    coding = modality.get("coding") or [modality]
    return str(coding[0].get("code", ""))


def _others(old: list[Resource], new: MappedStudy, out: Merged) -> None:
    """Update what goes along; a reference to the new id of the study means the old study."""
    fresh = new.imaging_study
    study = next(r for r in old if r["resourceType"] == "ImagingStudy")
    names = {f"ImagingStudy/{fresh['id']}": f"ImagingStudy/{study.get('id')}"}
    known = {(r["resourceType"], r.get("id")): r for r in old}
    for resource in new.resources[1:]:
        key = (resource["resourceType"], resource["id"])
        value = _renamed(resource, names)
        if key not in known:
            out.changes.append(f"+ {key[0]}/{key[1]}")
            old.append(value)
            continue
        for name, item in value.items():
            _set(known[key], name, item, out, f"{key[0]}/{key[1]}")


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


def _number_then_uid(part: Resource) -> tuple[int, str]:
    return part.get("number", 2**31), str(part.get("uid", ""))
