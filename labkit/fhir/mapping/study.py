"""One mapped study: its resources, as Bundle too, where each value came from, what went wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labkit.common.errors import UsageError
from labkit.fhir.mapping.policy import conditional
from labkit.fhir.mapping.rejection import Note
from labkit.fhir.mapping.site import Site
from labkit.fhir.mapping.trail import Problem, Trail

BUNDLES = ("collection", "transaction")


@dataclass
class MappedStudy:
    """What one study became.

    Attributes
    ----------
    uid
        Study Instance UID.
    resources
        ImagingStudy first, then what it refers to, then reports; JSON as Python values.
    problems
        Contradictions, and instances that could not be used.
    rejected
        SOP Instance UID → the rejection note that withdraws it.
    """

    uid: str
    resources: list[dict[str, Any]]
    problems: list[Problem]
    site: Site = field(repr=False)
    explain: Callable[[], Trail] = field(repr=False)
    rejected: dict[str, Note] = field(default_factory=dict, repr=False)

    @property
    def imaging_study(self) -> dict[str, Any]:
        """The ImagingStudy."""
        return self.resources[0]

    @cached_property
    def trail(self) -> Trail:
        """Row, tags, raw values and origin of each value; the reason of each omission."""
        return self.explain()

    def bundle(self, kind: str = "collection") -> dict[str, Any]:
        """Return the resources as a Bundle, see `bundle`."""
        return bundle(self.resources, kind, self.site)


def bundle(
    resources: Sequence[dict[str, Any]], kind: str = "collection", site: Site | None = None
) -> dict[str, Any]:
    """Make a Bundle of resources.

    References between them become ``urn:uuid:``, the entries' fullUrl, so that they resolve
    wherever the Bundle is read (R4 bundle.html#references).

    Parameters
    ----------
    kind
        ``"collection"``, or ``"transaction"``: each entry a PUT to its own id, so that the second
        time is an update and no second resource; conditional references where the policy says so.

    Raises
    ------
    UsageError
        Another kind.
    """
    if kind not in BUNDLES:
        raise UsageError(f"no bundle of type {kind!r}", remedy=f"one of {', '.join(BUNDLES)}")
    site = site or Site()
    urls = {f"{r['resourceType']}/{r['id']}": _url(r) for r in resources}
    entries = []
    for resource in resources:
        inside = _rewritten(resource, urls, site if kind == "transaction" else None)
        entry: dict[str, Any] = {"fullUrl": _url(resource), "resource": inside}
        if kind == "transaction":
            where = f"{resource['resourceType']}/{resource['id']}"
            entry["request"] = {"method": "PUT", "url": where}
        entries.append(entry)
    out: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    return {**out, "entry": entries} if entries else out


def _url(resource: dict[str, Any]) -> str:
    """Return ``urn:uuid:`` of a resource; an id that came from a server is no UUID."""
    try:
        return f"urn:uuid:{uuid.UUID(resource['id'])}"
    except ValueError:
        name = f"{resource['resourceType']}/{resource['id']}"
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _rewritten(value: Any, urls: dict[str, str], site: Site | None) -> Any:
    if isinstance(value, list):
        return [_rewritten(item, urls, site) for item in value]
    if not isinstance(value, dict):
        return value
    out = {key: _rewritten(item, urls, site) for key, item in value.items()}
    target = value.get("reference")
    if isinstance(target, str) and target in urls:
        out["reference"] = urls[target]
    elif site is not None and site.policy_of(str(value.get("type"))) == "conditional":
        found = conditional(value)
        if found:
            out = {"reference": found, **out}
    return out


def combine(
    studies: Iterable[MappedStudy],
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Put the resources of several studies together; what two of them share is there once.

    A Patient of two studies has what both agree on and what only one of them says. What they
    contradict each other in is left out and told.
    """
    out: dict[tuple[str, str], dict[str, Any]] = {}
    problems: list[Problem] = []
    dropped: dict[tuple[str, str], set[str]] = {}
    for study in studies:
        problems.extend(study.problems)
        for resource in study.resources:
            key = (resource["resourceType"], resource["id"])
            have = out.setdefault(key, dict(resource))
            gone = dropped.setdefault(key, set())
            for name, value in resource.items():
                if name in gone or have.get(name) == value:
                    continue
                if name not in have:
                    have[name] = value
                    continue
                gone.add(name)
                del have[name]
                problems.append(Problem(
                    "warning", "conflict",
                    f"{key[0]}.{name} differs between studies of the same {key[0]}: left out",
                    study.uid,
                ))  # fmt: skip
    return list(out.values()), problems
