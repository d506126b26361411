"""Is this resource valid FHIR R4? Structure, cardinality, types, required bindings, references.

Checked against the tables of FHIR 4.0.1 itself. The pydantic models of ``fhir.resources`` are R4B,
turn ``"3"`` into 3 and accept any string where a required binding asks for one of five codes, so
they are good for building a resource and not enough for refusing one. Invariants (the ``ref-1``,
``pat-1`` … of the definitions) are not evaluated, except that a ``#local`` reference must resolve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.fhir.definitions import Definitions, Rule, definitions
from labkit.fhir.outcome import Issue
from labkit.fhir.primitives import primitive_problem
from labkit.fhir.references import reference_type

MAX_ISSUES = 50


def validate(resource: Any) -> list[Issue]:
    """Check a resource.

    Parameters
    ----------
    resource
        The JSON of a resource as Python values.

    Returns
    -------
    list of Issue
        Empty if valid; each has the FHIRPath of the element. At most `MAX_ISSUES`.

    Examples
    --------
    >>> [str(issue) for issue in validate({"resourceType": "Patient", "gender": "M"})]
    ["Patient.gender: 'M' is not one of female, male, other, unknown"]
    """
    if not isinstance(resource, dict):
        return [Issue("structure", "a resource is a JSON object in braces")]
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return [Issue("structure", "resourceType is missing: it says what the object is")]
    table = definitions()
    if kind not in table.all_types:
        return [Issue("structure", f"R4 has no resource type {kind!r}", "resourceType")]
    out: list[Issue] = []
    for issue in Walk(table, resource).resource(resource, kind):
        out.append(issue)
        if len(out) == MAX_ISSUES:
            break
    return out


class Walk:
    """One pass over one resource; knows which contained resources there are."""

    def __init__(self, table: Definitions, root: Mapping[str, Any]) -> None:
        self.table = table
        contained = root.get("contained")
        self.local = {
            item["id"]
            for item in (contained if isinstance(contained, list) else [])
            if isinstance(item, dict) and isinstance(item.get("id"), str)
        }

    def resource(self, value: dict[str, Any], at: str) -> Iterator[Issue]:
        """Check a resource of a known type."""
        kind = value["resourceType"]
        rest = {name: item for name, item in value.items() if name != "resourceType"}
        yield from self.object(rest, kind, at)

    def object(self, value: dict[str, Any], kind: str, at: str) -> Iterator[Issue]:
        """Check the properties of one object against the elements of its type."""
        rules = self.table.types[kind]
        if not value:
            yield Issue("structure", "an empty object is not allowed: leave it out", at)
            return
        for name, item in value.items():
            rule = rules.get(name.removeprefix("_"))
            if rule is None or (name[0] == "_" and rule.type not in self.table.primitives):
                yield Issue("structure", _unknown(name, kind, rules), f"{at}.{name}")
            elif name[0] == "_":
                yield from self.element(item, Rule("Element", max=rule.max), f"{at}.{name[1:]}")
            else:
                yield from self.element(item, rule, f"{at}.{name}")
        yield from _missing(value, rules, at)

    def element(self, value: Any, rule: Rule, at: str) -> Iterator[Issue]:
        """Check one property: an array where the element repeats, a single value where not."""
        if not rule.repeats:
            if isinstance(value, list):
                yield Issue("structure", "this element does not repeat: no [ ] around it", at)
            else:
                yield from self.one(value, rule, at)
            return
        if not isinstance(value, list):
            yield Issue("structure", "this element repeats: put it in [ ]", at)
        elif not value:
            yield Issue("structure", "an empty array is not allowed: leave it out", at)
        else:
            if rule.max is not None and len(value) > rule.max:
                yield Issue("structure", f"at most {rule.max} allowed, not {len(value)}", at)
            simple = rule.type in self.table.primitives or rule.type == "Element"
            for number, item in enumerate(value):
                if item is not None or not simple:  # null: its value is in the _sibling
                    yield from self.one(item, rule, f"{at}[{number}]")

    def one(self, value: Any, rule: Rule, at: str) -> Iterator[Issue]:
        """Check one value against the type of its element."""
        if rule.type in self.table.primitives:
            problem = primitive_problem(rule.type, value)
            if problem:
                yield Issue("value", problem, at)
            elif rule.codes:
                yield from self.binding(value, rule, at)
        elif not isinstance(value, dict):
            yield Issue("structure", f"{rule.type} is an object in braces", at)
        elif rule.type == "Resource":
            yield from self.contained(value, at)
        else:
            yield from self.object(value, rule.type, at)
            if rule.codes:
                yield from self.binding(value, rule, at)
            if rule.type == "Reference":
                yield from self.reference(value, rule, at)

    def contained(self, value: dict[str, Any], at: str) -> Iterator[Issue]:
        """Check a resource within: contained, or in an entry of a Bundle."""
        kind = value.get("resourceType")
        if not isinstance(kind, str):
            yield Issue("structure", "resourceType is missing: it says what the object is", at)
        elif kind not in self.table.all_types:
            yield Issue("structure", f"R4 has no resource type {kind!r}", at)
        else:
            # What an entry of a Bundle refers to by #id, it contains itself (R4 references.html).
            inside = at.rpartition(".")[2].startswith("contained")
            yield from (self if inside else Walk(self.table, value)).resource(value, at)

    def binding(self, value: Any, rule: Rule, at: str) -> Iterator[Issue]:
        """A required binding takes these codes and no others (R4 terminologies.html#required)."""
        systems = self.table.codes[rule.codes]
        if isinstance(value, str):
            known: set[str] = set().union(*systems.values())
            if value not in known:
                some = ", ".join(sorted(known)[:12]) + (" …" if len(known) > 12 else "")
                yield Issue("code-invalid", f"{value!r} is not one of {some}", at)
            return
        codings = value.get("coding", []) if rule.type == "CodeableConcept" else [value]
        if not any(
            isinstance(c, dict) and c.get("code") in systems.get(c.get("system", ""), ())
            for c in codings
        ):
            yield Issue("code-invalid", f"no code of the value set {rule.codes}", at)

    def reference(self, value: Mapping[str, Any], rule: Rule, at: str) -> Iterator[Issue]:
        """Check where a Reference leads: to a type that may stand here, to a local id there is."""
        text = value.get("reference")
        if isinstance(text, str) and text.startswith("#"):
            if text[1:] and text[1:] not in self.local:
                yield Issue("invariant", f"nothing contained has the id {text[1:]!r} (ref-1)", at)
            return
        kind = reference_type(text) if isinstance(text, str) else ""
        kind = kind or str(value.get("type", ""))
        if kind and rule.target and kind not in rule.target:
            allowed = ", ".join(rule.target)
            yield Issue("value", f"a {kind} cannot be referenced here, only {allowed}", at)


def _missing(value: Mapping[str, Any], rules: Mapping[str, Rule], at: str) -> Iterator[Issue]:
    choices: dict[str, list[str]] = {}
    for name, rule in rules.items():
        present = name in value or f"_{name}" in value
        if rule.choice:
            choices.setdefault(rule.choice, []).extend([name] if present else [])
        elif rule.min and not present:
            yield Issue("required", f"{name} is required and missing", f"{at}.{name}")
    for stem, names in choices.items():
        if len(names) > 1:
            yield Issue("structure", f"only one {stem}[x] is allowed: {', '.join(names)}", at)
        elif not names and any(r.min for r in rules.values() if r.choice == stem):
            yield Issue("required", f"{stem}[x] is required and missing", f"{at}.{stem}")


def _unknown(name: str, kind: str, rules: Mapping[str, Rule]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(rules), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{kind} has no element {name!r} in R4{hint}"
