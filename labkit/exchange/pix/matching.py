"""Links by a declared rule on FHIR Patients: never by the number, and never on a guess.

A rule names the elements that must all be there on both sides and agree. An element that is
missing agrees with nothing. Where a rule finds two candidates at one authority it links neither and
says so in the journal: a wrong link shows one person's images as another's, a missing one shows
fewer images.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.common.errors import UsageError
from labkit.exchange.parties import PatientId
from labkit.exchange.pix.crossreference import CrossReference
from labkit.exchange.pix.domains import Domain

Resource = Mapping[str, Any]


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold().strip()


def _name(patient: Resource) -> Mapping[str, Any]:
    """The first name that has a family name, official ones first; no ideographic form."""
    names = [n for n in patient.get("name", []) if n.get("family") and not n.get("extension")]
    return min(names, key=lambda n: n.get("use") != "official", default={})


def _postal_code(patient: Resource) -> str:
    return next(
        (str(a["postalCode"]) for a in patient.get("address", []) if a.get("postalCode")), ""
    )


_ELEMENTS: Mapping[str, Callable[[Resource], str]] = {
    "family": lambda p: _fold(str(_name(p).get("family", ""))),
    "given": lambda p: _fold(str(next(iter(_name(p).get("given", [])), ""))),
    "birthDate": lambda p: str(p.get("birthDate", "")) if len(p.get("birthDate", "")) == 10 else "",
    "gender": lambda p: str(p.get("gender", "")) if p.get("gender") != "unknown" else "",
    "postalCode": _postal_code,
}
_LEAST = ("family", "birthDate")


@dataclass(frozen=True)
class Rule:
    """When two Patients are taken for one person.

    Attributes
    ----------
    elements
        All must be there on both sides and agree, whatever the case and accents: of ``family``,
        ``given`` (the first), ``birthDate`` (to the day), ``gender``, ``postalCode``.

    Raises
    ------
    UsageError
        An element is none of these, or family name or birth date is not among them.
    """

    elements: tuple[str, ...] = ("family", "given", "birthDate", "gender")

    def __post_init__(self) -> None:
        strange = [name for name in self.elements if name not in _ELEMENTS]
        if strange:
            raise UsageError(
                f"A rule cannot look at {strange[0]!r}.",
                remedy=f"Choose of {', '.join(_ELEMENTS)}. A patient's number proves nothing "
                "between two issuers.",
            )
        if missing := [name for name in _LEAST if name not in self.elements]:
            raise UsageError(
                f"A rule without {missing[0]} would take strangers for one person.",
                remedy=f"Let it look at least at {' and '.join(_LEAST)}.",
            )

    def key(self, patient: Resource) -> tuple[str, ...] | None:
        """Return what must agree, or ``None`` where something of it is missing."""
        values = tuple(_ELEMENTS[name](patient) for name in self.elements)
        return values if all(values) else None

    def __str__(self) -> str:
        return f"{', '.join(self.elements)} agree"


def from_patients(
    domains: Iterable[Domain],
    patients: Iterable[Resource],
    rule: Rule,
    *,
    server: str = "",
) -> CrossReference:
    """Build a manager of the Patients of a FHIR server.

    IDs that one Patient carries are of one person, on the word of who wrote it; between Patients
    the rule decides. A Patient that is not active (merged away) is left out, and so are
    identifiers of other systems.

    Parameters
    ----------
    server
        Base URL of the FHIR server: it makes references to Patients part of the answers.
    """
    made = CrossReference(domains, server=server)
    found: dict[tuple[str, ...], list[PatientId]] = {}
    for patient in patients:
        ids = _ids(made, patient)
        if not ids or patient.get("active") is False:
            continue
        made.register(*ids, reference=f"Patient/{patient['id']}" if patient.get("id") else "")
        if len(ids) > 1:
            made.link(*ids, why="one Patient has them", duplicates=True)
        key = rule.key(patient)
        if key is not None:
            found.setdefault(key, []).extend(ids)
    for ids in found.values():
        _join(made, list(dict.fromkeys(ids)), rule)
    return made


def _ids(pix: CrossReference, patient: Resource) -> list[PatientId]:
    out = []
    for identifier in patient.get("identifier", []):
        system, value = identifier.get("system", ""), identifier.get("value", "")
        for domain in pix.domains:
            if value and domain.knows(system):
                out.append(PatientId(value, domain.authority))
    return list(dict.fromkeys(out))


def _join(pix: CrossReference, ids: list[PatientId], rule: Rule) -> None:
    if len(ids) < 2 or set(ids) <= {ids[0], *pix.corresponding(ids[0])}:
        return
    try:
        pix.link(*ids, why=f"rule: {rule}")
    except UsageError as error:
        pix.doubt(*ids, why=error.message)
