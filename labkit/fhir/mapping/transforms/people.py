"""Names of people, who did what, and the orders behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context, Link
from labkit.fhir.mapping.trail import Omit
from labkit.fhir.mapping.transforms.codes import concept_of, system_of
from labkit.fhir.mapping.transforms.identity import issuer, person_name, typed
from labkit.fhir.mapping.transforms.plain import clean

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
#: The component groups of PN (PS3.5 6.2.1.1) as codes of ISO 21090.
_GROUPS = ("ABC", "IDE", "SYL")
_GENDER = {"M": "male", "F": "female", "O": "other"}


def human_names(fields: Sequence[Field], ctx: Any) -> list[dict[str, Any]] | Omit:
    """Return a HumanName for each component group of a PN (PS3.5 6.2.1.1).

    Alphabetic, ideographic and phonetic are three spellings of one name; where there is more than
    one, the extension of ISO 21090 says which is which.
    """
    text = str((fields[0] or ("",))[0])
    groups = [(code, name) for code, group in zip(_GROUPS, text.split("="), strict=False)
              if (name := _human_name(group))]  # fmt: skip
    if not groups:
        return Omit("empty-type-2")
    if len(groups) == 1 and groups[0][0] == "ABC":
        return [groups[0][1]]
    return [
        {"extension": [{"url": REPRESENTATION, "valueCode": code}], **name} for code, name in groups
    ]


def _human_name(group: str) -> dict[str, Any]:
    parts = [clean(p) for p in [*group.split("^"), "", "", "", "", ""][:5]]
    family, given, middle, prefix, suffix = parts
    name = {
        "text": person_name(group),
        "family": family,
        "given": [p for p in (given, middle) if p],
        "prefix": [prefix] if prefix else [],
        "suffix": [suffix] if suffix else [],
    }
    return {k: v for k, v in name.items() if v}


def gender(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return Patient's Sex (0010,0040) as AdministrativeGender; empty is not ``unknown``."""
    text = str((fields[0] or ("",))[0]).upper()
    return _GENDER.get(text) or Omit("no-code", f"{text!r} is not M, F or O (PS3.3 C.7.1.1)")


def phone(fields: Sequence[Field], ctx: Any) -> list[dict[str, Any]]:
    """Return each telephone number as ContactPoint."""
    texts = [clean(str(v)) for v in fields[0] or ()]
    return [{"system": "phone", "value": text} for text in texts if text]


def address(fields: Sequence[Field], ctx: Any) -> list[dict[str, Any]] | Omit:
    """Return Patient's Address (0010,1040), one text without parts, as Address.text."""
    text = clean(str((fields[0] or ("",))[0]))
    return [{"text": text}] if text else Omit("empty-type-2")


def person_link(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to one person: a name, and the first item of an identification sequence."""
    found = _people(fields, ctx)
    return found[0] if found else Omit("empty-type-2")


def person_links(fields: Sequence[Field], ctx: Context) -> list[Link]:
    """Refer to several people: names, and an item of the identification sequence for each."""
    return _people(fields, ctx)


def coded_person_link(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to one person of whom the header has an identifier and no name."""
    item = (fields[0] or (None,))[0]
    identifier = person_identifier(item, ctx) if isinstance(item, Dataset) else {}
    if not identifier or not isinstance(item, Dataset):
        return Omit("empty-type-2")
    return _person("", "", identifier, item)


def performers(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]]:
    """Return people who carried the series out, function PRF."""
    return [_performer("PRF", "performer", link) for link in _people(fields, ctx)]


def operators(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]]:
    """Return people who operated the equipment, function SPRF."""
    return [_performer("SPRF", "secondary performer", link) for link in _people(fields, ctx)]


def _performer(code: str, display: str, link: Link) -> dict[str, Any]:
    coding = {"system": PARTICIPATION, "code": code, "display": display}
    return {"function": {"coding": [coding]}, "actor": link}


def _people(fields: Sequence[Field], ctx: Context) -> list[Link]:
    """Pair names with items of the identification sequence (PS3.3 Table 10-1), by their order."""
    names = [str(v) for v in fields[0] or ()]
    items = list(fields[1] or ()) if len(fields) > 1 else []
    links = []
    for number, text in enumerate(names):
        item = items[number] if len(items) == len(names) and number < len(items) else None
        display = person_name(text)
        identifier = person_identifier(item, ctx) if item is not None else {}
        if display or identifier:
            links.append(_person(text, display, identifier, item))
    return links


def _person(text: str, display: str, identifier: dict[str, Any], item: Dataset | None) -> Link:
    ds = Dataset()
    ds.PersonName = text
    for element in item or ():
        ds[element.tag] = element
    system = identifier.get("system", "")
    key = f"{system}|{identifier['value']}" if system else ""
    return Link("Practitioner", key, identifier, display, ds)


def person_identifier(item: Dataset, ctx: Context) -> dict[str, Any]:
    """Return the Person Identification Code Sequence (0040,1101) as Identifier, or ``{}``."""
    codes = item.get("PersonIdentificationCodeSequence") or ()
    for code in codes:
        value = clean(str(code.get("CodeValue") or code.get("LongCodeValue") or ""))
        if value:
            system = system_of(code, ctx)
            return {**({"system": system} if system else {}), "value": value}
    return {}


def practitioner_identifier(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the identifier of the person whose item is read."""
    item = Dataset()
    item.PersonIdentificationCodeSequence = list(fields[0] or ())
    return person_identifier(item, ctx) or Omit("empty-type-2")


def order_link(fields: Sequence[Field], ctx: Context) -> Link | Omit:
    """Refer to the order by the study's Accession Number (0008,0050) and issuer (0008,0051)."""
    ds = Dataset()
    ds.AccessionNumber = clean(str((fields[0] or ("",))[0]))
    if len(fields) > 1 and fields[1]:
        ds.IssuerOfAccessionNumberSequence = list(fields[1])
    return _order(ds, ctx) or Omit("empty-type-2")


def order_links(fields: Sequence[Field], ctx: Context) -> list[Link] | Omit:
    """Refer to each order whose item of (0040,0275) has an Accession Number of its own."""
    found = [link for item in fields[0] or () if (link := _order(item, ctx))]
    return found or Omit("absent", "no item has an Accession Number")


def _order(item: Dataset, ctx: Context) -> Link | None:
    value = clean(str(item.get("AccessionNumber") or ""))
    if not value:
        return None
    issuers = item.get("IssuerOfAccessionNumberSequence")
    by = issuer(issuers[0] if issuers else None, "", ctx)
    owner = by.get("system") or by.get("assigner", {}).get("display", "")
    key = f"{owner}|{value}" if owner else f"{ctx.study_uid}|{value}"
    return Link("ServiceRequest", key, typed("ACSN", value, by), ds=item)


def reason_texts(fields: Sequence[Field], ctx: Context) -> list[dict[str, Any]] | Omit:
    """Return free-text reasons (0040,1002) as CodeableConcepts that have text only."""
    texts = [clean(str(v)) for v in fields[0] or ()]
    return [{"text": text} for text in texts if text] or Omit("empty-type-2")


def first_concept(fields: Sequence[Field], ctx: Context) -> dict[str, Any] | Omit:
    """Return the first item of a code sequence as CodeableConcept."""
    item = (fields[0] or (None,))[0]
    concept = concept_of(item, ctx) if isinstance(item, Dataset) else {}
    return concept or Omit("empty-type-2")


TRANSFORMS = (
    human_names, gender, phone, address, person_link, person_links, coded_person_link, performers,
    operators, practitioner_identifier, order_link, order_links, reason_texts, first_concept,
)  # fmt: skip
