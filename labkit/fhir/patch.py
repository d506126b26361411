"""FHIRPath Patch: a change of a resource, said in a Parameters resource (R4 fhirpatch.html).

The five operations are done on plain paths, ``DocumentReference.status`` or
``Patient.name[0].given``; functions and filters in a path are refused, and so is a value that is
itself built of parts. What comes of it is checked as any update is.
"""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

from labkit.fhir.definitions import definitions
from labkit.fhir.messages import Resource
from labkit.fhir.outcome import FhirError, Issue, refuse
from labkit.fhir.validation import validate

_STEP = re.compile(r"(?P<name>[A-Za-z]+)(\[(?P<index>\d+)\])?")
_PARTS = {
    "add": {"name", "value"},
    "insert": {"index", "value"},
    "delete": set(),
    "replace": {"value"},
    "move": {"source", "destination"},
}
"""What an operation needs besides its type and path."""


class _Found(NamedTuple):
    """One element that a path leads to: the object or array that holds it, and its key there."""

    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def patched(resource: Resource, patch: Resource) -> Resource:
    """Return `resource` with a patch applied; the resource given stays as it was.

    Raises
    ------
    FhirError
        400 if `patch` is no Parameters, 422 if it is no patch, or one that cannot be done here.
    """
    if patch.get("resourceType") != "Parameters":
        raise refuse(400, "invalid", "a patch is a Parameters resource (FHIRPath Patch)")
    if issues := validate(patch):
        raise FhirError(400, issues)
    rows = [row for row in patch.get("parameter", []) if row.get("name") == "operation"]
    if not rows:
        raise refuse(422, "required", "a patch has at least one parameter named operation")
    out = copy.deepcopy(resource)
    for row in rows:
        _carry_out(out, _operation(row))
    return out


def _operation(row: Resource) -> dict[str, Any]:
    """Read one operation: its parts by name."""
    said: dict[str, Any] = {}
    for part in row.get("part", []):
        values = [value for name, value in part.items() if name.startswith("value")]
        if not values:
            text = f"the part {part.get('name')} has no value[x]; parts of parts are not taken"
            raise refuse(422, "not-supported", text)
        said[part["name"]] = values[0]
    kind = said.get("type")
    if kind not in _PARTS:
        raise refuse(422, "invalid", f"type is one of {', '.join(_PARTS)}, not {kind!r}")
    missing = ({"path"} | _PARTS[kind]) - set(said)
    if missing:
        raise refuse(422, "required", f"{kind} needs {' and '.join(sorted(missing))}")
    return said


def _carry_out(root: Resource, said: dict[str, Any]) -> None:
    kind, path = said["type"], str(said["path"])
    found = _resolve(root, path)
    if kind == "delete":  # of what is not there: no error (R4 fhirpatch.html)
        if len(found) > 1:
            raise _not_one(path, found)
        for at in found:
            del at.holder[at.key]
            _without_empty(root)
        return
    if len(found) != 1 and kind in ("replace", "add"):
        raise _not_one(path, found)
    if kind == "replace":
        found[0].holder[found[0].key] = said["value"]
    elif kind == "add":
        _add(root, path, found[0].value, str(said["name"]), said["value"])
    else:
        _in_list(root, path, said)


def _add(root: Resource, path: str, parent: Any, name: str, value: Any) -> None:
    rules = definitions().types.get(_type_at(root, path), {})
    if name not in rules:
        raise refuse(422, "structure", f"{path} has no element {name!r}", path)
    if rules[name].repeats:
        parent.setdefault(name, []).append(value)
    elif name in parent:
        raise refuse(422, "invalid", f"{path}.{name} is there; replace it", path)
    else:
        parent[name] = value


def _in_list(root: Resource, path: str, said: dict[str, Any]) -> None:
    """Insert into a list, or move within it; positions count from 0."""
    head, _, last = path.rpartition(".")
    holders = _resolve(root, head)
    items = holders[0].value.get(last) if len(holders) == 1 else None
    if not isinstance(items, list):
        raise refuse(422, "not-found", f"{path} leads to no list", path)
    places = [said["index"]] if said["type"] == "insert" else [said["source"], said["destination"]]
    last_place = len(items) if said["type"] == "insert" else len(items) - 1
    if any(not isinstance(n, int) or not 0 <= n <= last_place for n in places):
        raise refuse(422, "invalid", f"{path} has no place {places[0]}", path)
    value = said["value"] if said["type"] == "insert" else items.pop(places[0])
    items.insert(places[-1], value)


def _resolve(root: Resource, path: str) -> list[_Found]:
    """Find what a plain path leads to; lists are walked through where it has no index."""
    steps = _steps(root, path)
    found = [_Found({"root": root}, "root")]
    for name, index in steps:
        after: list[_Found] = []
        for at in found:
            value = at.value.get(name) if isinstance(at.value, dict) else None
            if isinstance(value, list):
                places = range(len(value)) if index is None else range(index, index + 1)
                after += [_Found(value, n) for n in places if n < len(value)]
            elif value is not None and index in (None, 0):
                after.append(_Found(at.value, name))
        found = after
    return found


def _steps(root: Resource, path: str) -> list[tuple[str, int | None]]:
    head, *rest = path.split(".")
    if head != root["resourceType"]:
        text = f"the path begins with {root['resourceType']}, not {head!r}"
        raise refuse(422, "invalid", text, path)
    steps: list[tuple[str, int | None]] = []
    for step in rest:
        match = _STEP.fullmatch(step)
        if match is None:
            text = f"only plain paths can be patched here, as Patient.name[0].given, not {path}"
            raise refuse(422, "not-supported", text, path)
        steps.append((match["name"], int(match["index"]) if match["index"] else None))
    return steps


def _type_at(root: Resource, path: str) -> str:
    """Return the type of what a path leads to."""
    kind = str(root["resourceType"])
    for name, _ in _steps(root, path):
        rule = definitions().types.get(kind, {}).get(name)
        if rule is None:
            return ""
        kind = rule.type
    return kind


def _not_one(path: str, found: list[_Found]) -> FhirError:
    text = f"{path} leads to {len(found) or 'no'} elements; it has to be one"
    return FhirError(422, [Issue("not-found" if not found else "multiple-matches", text, path)])


def _without_empty(value: Any) -> bool:
    """Take out what a deletion has left empty; says whether anything is left of `value`."""
    if isinstance(value, dict):
        for name in [name for name, item in value.items() if not _without_empty(item)]:
            del value[name]
        return bool(value)
    if isinstance(value, list):
        value[:] = [item for item in value if _without_empty(item)]
        return bool(value)
    return True
