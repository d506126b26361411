"""How a reference is written: created, conditional, logical or looked up, as the site file says.

``create``       the resource goes along, the reference is to its id
``conditional``  in a transaction ``Patient?identifier=system|value`` (R4 http.html#trules): the
                 server finds it or refuses all; elsewhere as ``logical``
``logical``      by identifier alone (R4 references.html#logical)
``lookup``       the caller's function finds it; not found, as ``logical``
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from labkit.fhir.mapping.compiled import Variant
from labkit.fhir.mapping.links import Context, Copy, Link

#: (resource type, system, value) → ``"Patient/17"``, or ``""`` if there is none.
Lookup: TypeAlias = "Callable[[str, str, str], str]"


@dataclass
class Created:
    """A resource to be made: what it is, and the headers that its rows read."""

    link: Link
    headers: list[Variant] = field(default_factory=list)


@dataclass
class References:
    """Turns the links in a value into references, and remembers what they need.

    Attributes
    ----------
    created
        (type, id) → what has to be created.
    logical
        (type, reason) of the references that could not be written as the policy wants.
    """

    ctx: Context
    lookup: Lookup | None = None
    created: dict[tuple[str, str], Created] = field(default_factory=dict)
    study: dict[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any, headers: Sequence[Variant]) -> Any:
        """Return `value` with every `Link` and `Copy` in it written as FHIR."""
        if isinstance(value, Link):
            return self._link(value, headers)
        if isinstance(value, Copy):
            return self.study.get(value.element)
        if isinstance(value, dict):
            pairs = ((k, self.resolve(v, headers)) for k, v in value.items())
            return {k: v for k, v in pairs if v is not None}
        if isinstance(value, list):
            return [self.resolve(v, headers) for v in value]
        return value

    def _link(self, link: Link, headers: Sequence[Variant]) -> dict[str, Any]:
        words = {"display": link.display} if link.display else {}
        if link.reference:
            return {"reference": link.reference, **words}
        policy = self.ctx.site.policy_of(link.kind)
        if policy == "create" and link.key:
            made = self.created.setdefault((link.kind, link.id), Created(link))
            made.headers.extend(h for h in headers if not any(h is have for have in made.headers))
            if link.ds is not None and link.ds is not made.link.ds:
                made.link = link if made.link.ds is None or len(link.ds) > len(made.link.ds) else (
                    made.link
                )  # fmt: skip
            return {"reference": f"{link.kind}/{link.id}"}
        system, value = link.identifier.get("system", ""), link.identifier.get("value", "")
        if policy == "lookup" and self.lookup is not None and value:
            found = self.lookup(link.kind, system, value)
            if found:
                return {"reference": found, **words}
        known = {"identifier": link.identifier} if link.identifier else {}
        return {"type": link.kind, **known, **words}


def conditional(reference: dict[str, Any]) -> str:
    """Return the conditional reference that finds what a logical one names, or ``""``.

    Without a system the search could find another's identifier, so there is none.
    """
    identifier = reference.get("identifier", {})
    if "reference" in reference or not identifier.get("system") or not reference.get("type"):
        return ""
    return f"{reference['type']}?identifier={identifier['system']}|{identifier['value']}"
