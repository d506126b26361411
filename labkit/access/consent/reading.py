"""From a FHIR R4 Consent to rules; what is not understood is an error that names the element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.access.references import reference_of
from labkit.fhir.dates import date_range

Code = tuple[str, str]
Span = tuple[float, float]
_V3 = "http://terminology.hl7.org/CodeSystem/"
ACT_REASON = _V3 + "v3-ActReason"
CLASSES = ("http://hl7.org/fhir/resource-types",)
ACTIONS = ("collect", "access", "use", "disclose", "correct")
# v3-ActCode: what the consent says where no provision does. OPTIN and OPTINR allow (the second with
# restrictions, which are the provisions), OPTOUT and OPTOUTE refuse (the second with exceptions).
_BASES = {"OPTIN": "permit", "OPTINR": "permit", "OPTOUT": "deny", "OPTOUTE": "deny"}
_STATES = ("draft", "proposed", "active", "rejected", "inactive", "entered-in-error")
_SCOPES = ("patient-privacy", "research", "treatment", "adr")
# Elements that do not change what is allowed. An element that is in neither list is not understood.
_TOLD = frozenset(
    ("resourceType", "id", "meta", "language", "text", "contained", "extension", "identifier",
     "category", "dateTime", "performer", "organization", "sourceAttachment", "sourceReference",
     "policy", "verification")
)  # fmt: skip
_READ = frozenset(("status", "scope", "patient", "policyRule", "provision"))
_RULE_TOLD = frozenset(("id", "extension"))
_RULE_READ = frozenset(
    ("type", "period", "actor", "action", "securityLabel", "purpose", "class", "code",
     "dataPeriod", "data", "provision")
)  # fmt: skip
_DEEPEST = 16
FOREVER = (float("-inf"), float("inf"))


class UnreadableConsentError(ValueError):
    """A part of a Consent is not understood.

    Attributes
    ----------
    element
        Which: ``Consent.provision.actor[0].reference``.
    """

    def __init__(self, element: str, why: str) -> None:
        super().__init__(f"{element} {why}")
        self.element = element


@dataclass(frozen=True)
class Data:
    """One ``provision.data``: ``instance``, ``related`` or ``dependents`` of a reference."""

    meaning: str
    reference: str


@dataclass(frozen=True)
class Rule:
    """A provision; an axis that is empty or ``None`` restricts nothing.

    Attributes
    ----------
    type
        ``permit``, ``deny``, or ``""`` (possible in the outer one alone).
    """

    element: str
    depth: int
    type: str
    period: Span | None
    actors: frozenset[str]
    actions: frozenset[str]
    labels: frozenset[Code]
    purposes: frozenset[str]
    classes: frozenset[str]
    codes: frozenset[Code]
    data_period: Span | None
    data: tuple[Data, ...]
    rules: tuple[Rule, ...]

    @property
    def narrow(self) -> bool:
        """Whether it is about some cases only; its period is when it holds, not for which."""
        return any(
            (self.actors, self.actions, self.labels, self.purposes, self.classes, self.codes,
             self.data_period, self.data)
        )  # fmt: skip


@dataclass(frozen=True)
class ReadConsent:
    """A Consent that was understood.

    Attributes
    ----------
    name
        ``Consent/c1``.
    base
        ``permit``, ``deny``, or ``""`` where there is no policyRule.
    """

    name: str
    status: str
    scope: str
    patient: str
    base: str
    rule: Rule | None


def read_consent(consent: Mapping[str, Any], base_url: str = "") -> ReadConsent:
    """Read a Consent.

    Raises
    ------
    UnreadableConsentError
        An element is malformed, unknown, or says something that is not understood here.
    """
    if not isinstance(consent, Mapping) or consent.get("resourceType") != "Consent":
        raise UnreadableConsentError("Consent", "is no Consent resource")
    _only(consent, "Consent", _TOLD | _READ)
    status = consent.get("status")
    if status not in _STATES:
        raise UnreadableConsentError("Consent.status", f"is {status!r}")
    scope = _codes(consent.get("scope"), "Consent.scope", _V3 + "consentscope", _SCOPES)
    patient = reference_of(consent.get("patient"), base_url)
    kind, _, id_ = patient.partition("/")
    if kind != "Patient" or not id_ or "/" in id_:
        raise UnreadableConsentError("Consent.patient", "names no Patient of this server")
    if status != "active":  # what it says does not count; ending it has to be a remedy, too
        return ReadConsent(f"Consent/{consent.get('id', '?')}", str(status), scope, id_, "", None)
    base = ""
    if "policyRule" in consent:
        where = "Consent.policyRule"
        base = _BASES[_codes(consent["policyRule"], where, _V3 + "v3-ActCode", tuple(_BASES))]
    rule = None
    if "provision" in consent:
        rule = _rule(consent["provision"], "Consent.provision", 1, base_url)
    return ReadConsent(
        f"Consent/{consent.get('id', '?')}", str(status), scope, id_, base, rule
    )  # fmt: skip


def _only(element: Any, where: str, known: Iterable[str]) -> None:
    if not isinstance(element, Mapping):
        raise UnreadableConsentError(where, "is no object")
    for name in element:
        plain = name.removeprefix("_")  # extensions of a primitive stand beside it (R4 json.html)
        beside = name == plain or isinstance(element.get(plain), (str, bool, int, float))
        if plain not in known or not beside:
            raise UnreadableConsentError(f"{where}.{name}", "is not understood here")


def _rule(element: Any, where: str, depth: int, base_url: str) -> Rule:
    _only(element, where, _RULE_TOLD | _RULE_READ)
    if depth > _DEEPEST:
        raise UnreadableConsentError(where, f"lies deeper than {_DEEPEST} levels")
    type_ = element.get("type", "")
    if type_ not in ("permit", "deny") and not (depth == 1 and "type" not in element):
        raise UnreadableConsentError(f"{where}.type", f"is {type_!r}, not permit or deny")
    return Rule(
        where,
        depth,
        str(type_),
        _span(element, where, "period"),
        frozenset(_actor(*each, base_url) for each in _items(element, where, "actor")),
        frozenset(
            _codes(each, at, _V3 + "consentaction", ACTIONS)
            for each, at in _items(element, where, "action")
        ),
        frozenset(_coding(*each) for each in _items(element, where, "securityLabel")),
        frozenset(_of(each, at, (ACT_REASON,)) for each, at in _items(element, where, "purpose")),
        frozenset(_of(each, at, CLASSES) for each, at in _items(element, where, "class")),
        frozenset(
            code
            for each, at in _items(element, where, "code")
            for code in _codings(each, at)
        ),
        _span(element, where, "dataPeriod"),
        tuple(_data(*each, base_url) for each in _items(element, where, "data")),
        tuple(
            _rule(each, at, depth + 1, base_url)
            for each, at in _items(element, where, "provision")
        ),
    )  # fmt: skip


def _items(element: Mapping[str, Any], where: str, name: str) -> list[tuple[Any, str]]:
    """Return the items of a list with where they are; an empty list is no list (R4 json.html)."""
    if name not in element:
        return []
    items = element[name]
    if not isinstance(items, list) or not items:
        raise UnreadableConsentError(f"{where}.{name}", "is no list of at least one")
    return [(item, f"{where}.{name}[{number}]") for number, item in enumerate(items)]


def _span(element: Mapping[str, Any], where: str, name: str) -> Span | None:
    """Read a Period as seconds since the epoch; a missing end is open."""
    if name not in element:
        return None
    period, where = element[name], f"{where}.{name}"
    _only(period, where, ("id", "extension", "start", "end"))
    low, high = FOREVER
    try:
        if "start" in period:
            low = date_range(str(period["start"]))[0] / 1e6
        if "end" in period:
            high = date_range(str(period["end"]))[1] / 1e6
    except (ValueError, OverflowError) as error:
        raise UnreadableConsentError(where, f"is no period ({error})") from error
    if low >= high:
        raise UnreadableConsentError(where, "ends before it starts")
    return low, high


def _actor(element: Any, where: str, base_url: str) -> str:
    _only(element, where, ("id", "extension", "role", "reference"))
    if not element.get("role"):
        raise UnreadableConsentError(f"{where}.role", "is missing")
    return _named(element.get("reference"), f"{where}.reference", base_url)


def _data(element: Any, where: str, base_url: str) -> Data:
    _only(element, where, ("id", "extension", "meaning", "reference"))
    meaning = element.get("meaning")
    if meaning not in ("instance", "related", "dependents"):
        raise UnreadableConsentError(f"{where}.meaning", f"{meaning!r} is not understood here")
    return Data(meaning, _named(element.get("reference"), f"{where}.reference", base_url))


def _named(link: Any, where: str, base_url: str) -> str:
    name = reference_of(link, base_url)
    if not name or name.startswith("#"):
        raise UnreadableConsentError(where, "names nothing that can be compared")
    return name


def _coding(element: Any, where: str) -> Code:
    _only(element, where, ("id", "extension", "system", "version", "code", "display",
                           "userSelected"))  # fmt: skip
    system, code = element.get("system"), element.get("code")
    if not isinstance(system, str) or not isinstance(code, str) or not system or not code:
        raise UnreadableConsentError(where, "lacks its system or its code")
    return system, code


def _of(element: Any, where: str, systems: Iterable[str]) -> str:
    system, code = _coding(element, where)
    if system not in systems:
        raise UnreadableConsentError(where, f"is of {system}, which is not understood here")
    return code


def _codings(concept: Any, where: str) -> list[Code]:
    _only(concept, where, ("id", "extension", "coding", "text"))
    return [_coding(*each) for each in _items(concept, where, "coding")] or _no_code(where)


def _no_code(where: str) -> list[Code]:
    raise UnreadableConsentError(where, "has no code, only text at most")


def _codes(concept: Any, where: str, system: str, known: tuple[str, ...]) -> str:
    """Return the one code of a system that is known here."""
    found = {c for s, c in _codings(concept, where) if s == system}
    if len(found) != 1 or not found <= set(known):
        said = ", ".join(sorted(found)) or f"no code of {system}"
        raise UnreadableConsentError(where, f"says {said}; understood are {', '.join(known)}")
    return found.pop()
