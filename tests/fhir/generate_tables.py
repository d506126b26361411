"""Write ``labkit/fhir/tables/*.json`` from the official FHIR R4 definitions.

::

    python tests/fhir/generate_tables.py hapi-fhir-validation-resources-r4-8.8.0.jar

The jar (Maven ``ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r4``) holds HL7's own definitions
of FHIR 4.0.1. Adding a resource type to the server is a word in ``RESOURCES`` and one run.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

RESOURCES = [
    "AuditEvent", "Binary", "Bundle", "Consent", "Device", "DiagnosticReport",
    "DocumentReference", "Encounter", "Endpoint", "ImagingStudy", "List", "Location",
    "Observation", "Organization", "Patient", "Practitioner", "PractitionerRole", "Provenance",
    "ServiceRequest", "Subscription", "Task",
]  # fmt: skip
TABLES = Path(__file__).resolve().parents[2] / "labkit" / "fhir" / "tables"
MODEL = "org/hl7/fhir/r4/model"
NS = {"f": "http://hl7.org/fhir"}
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
#: What an index row can be made of, by kind of search parameter (R4 search.html, "Search Parameter
#: Types"). A path of another type is left out, so the CapabilityStatement does not promise it.
INDEXABLE = {
    "token": {"Coding", "CodeableConcept", "Identifier", "ContactPoint", "code", "boolean", "uri",
              "id", "string", "canonical"},
    "reference": {"Reference", "canonical", "uri"},
    "date": {"date", "dateTime", "instant", "Period"},
    "string": {"string", "markdown", "HumanName", "Address"},
    "uri": {"uri", "url", "canonical", "oid", "uuid"},
}  # fmt: skip


def value(node: ET.Element, path: str) -> str:
    found = node.find(path, NS)
    return "" if found is None else found.get("value", "")


class Definitions:
    """Structure definitions, code systems and value sets of the jar."""

    def __init__(self, jar: Path) -> None:
        with zipfile.ZipFile(jar) as archive:

            def tree(name: str) -> ET.Element:
                return ET.fromstring(archive.read(f"{MODEL}/{name}"))

            self.structures: dict[str, ET.Element] = {}
            for name in ("profile/profiles-types.xml", "profile/profiles-resources.xml"):
                for sd in tree(name).iter(f"{{{NS['f']}}}StructureDefinition"):
                    if value(sd, "f:derivation") != "constraint":
                        self.structures[value(sd, "f:type")] = sd
            self.systems: dict[str, ET.Element] = {}
            self.sets: dict[str, ET.Element] = {}
            for name in ("valuesets.xml", "v3-codesystems.xml", "v2-tables.xml"):
                root = tree(f"valueset/{name}")
                for cs in root.iter(f"{{{NS['f']}}}CodeSystem"):
                    self.systems[value(cs, "f:url")] = cs
                for vs in root.iter(f"{{{NS['f']}}}ValueSet"):
                    self.sets[value(vs, "f:url")] = vs
            self.search = json.loads(archive.read(f"{MODEL}/sp/search-parameters.json"))

    def codes(self, url: str) -> dict[str, list[str]] | None:
        """{system: codes} of a value set, or None where the set cannot be listed (MIME types …)."""
        vs = self.sets.get(url.split("|")[0])
        if vs is None or not vs.findall("f:compose/f:include", NS):
            return None
        out: dict[str, list[str]] = {}
        for include in vs.findall("f:compose/f:include", NS):
            if include.findall("f:filter", NS):
                return None
            for other in include.findall("f:valueSet", NS):
                more = self.codes(other.get("value", ""))
                if more is None:
                    return None
                for system, codes in more.items():
                    out.setdefault(system, []).extend(codes)
            system = value(include, "f:system")
            if not system:
                continue
            listed = [value(c, "f:code") for c in include.findall("f:concept", NS)]
            if not listed:
                if system not in self.systems:
                    return None
                cs = self.systems[system]
                if value(cs, "f:content") not in ("complete", ""):
                    return None
                tag = f"{{{NS['f']}}}concept"
                listed = [value(c, "f:code") for c in cs.iter(tag)]
            out.setdefault(system, []).extend(listed)
        return {system: sorted(set(codes)) for system, codes in sorted(out.items())}


def type_codes(element: ET.Element) -> list[str]:
    out = []
    for kind in element.findall("f:type", NS):
        code = value(kind, "f:code")
        if code.startswith("http://hl7.org/fhirpath/"):
            ext = kind.find(f"f:extension[@url='{FHIR_TYPE}']", NS)
            code = "string" if ext is None else (ext[0].get("value") or "string")
        out.append(code)
    return out


def elements_of(defs: Definitions, name: str, codes: dict[str, Any]) -> dict[str, Any]:
    """{type or backbone path: {JSON name: rule}} of one structure."""
    out: dict[str, Any] = {}
    elements = defs.structures[name].findall("f:snapshot/f:element", NS)
    out[name] = {}
    for element in elements[1:]:
        path, low, high = (value(element, f"f:{k}") for k in ("path", "min", "max"))
        if high == "0":
            continue
        parent, leaf = path.rsplit(".", 1)
        content = value(element, "f:contentReference")
        kinds = [content.lstrip("#")] if content else type_codes(element)
        if kinds in (["BackboneElement"], ["Element"]):
            kinds = [path]
            out[path] = {}
        if path == f"{name}.id" and is_resource(defs.structures[name]):
            kinds = ["id"]  # 4.0.1 prints "string" here; the text of Resource.id says id
        rule: dict[str, Any] = {}
        if low != "0":
            rule["min"] = int(low)
        if high != "1":
            rule["max"] = None if high == "*" else int(high)
        if value(element, "f:binding/f:strength") == "required":
            url = value(element, "f:binding/f:valueSet").split("|")[0]
            listed = defs.codes(url)
            if listed is not None:
                codes[url] = listed
                rule["codes"] = url
        targets = sorted(
            t.get("value", "").rsplit("/", 1)[1]
            for t in element.findall("f:type/f:targetProfile", NS)
        )
        if targets and targets != ["Resource"]:
            rule["target"] = targets
        if leaf.endswith("[x]"):
            stem = leaf[:-3]
            for kind in kinds:
                name_ = stem + kind[0].upper() + kind[1:]
                mine = {"type": kind, "choice": stem, **rule}
                if kind not in ("code", "Coding", "CodeableConcept"):
                    mine.pop("codes", None)
                if kind != "Reference":
                    mine.pop("target", None)
                out[parent][name_] = mine
        else:
            out[parent][leaf] = {"type": kinds[0], **rule}
    return out


def primitives(defs: Definitions) -> dict[str, str]:
    out = {}
    for name, sd in sorted(defs.structures.items()):
        if value(sd, "f:kind") == "primitive-type":
            ext = sd.find(f".//f:extension[@url='{REGEX}']", NS)
            out[name] = "" if ext is None else ext[0].get("value", "")
    return out


def structure_table(defs: Definitions) -> dict[str, Any]:
    codes: dict[str, Any] = {}
    simple = primitives(defs)
    types: dict[str, Any] = {}
    for name, sd in defs.structures.items():
        if value(sd, "f:kind") != "primitive-type" and value(sd, "f:abstract") == "false":
            types.update(elements_of(defs, name, codes))
    types.update(elements_of(defs, "Element", codes))  # abstract, but what a _sibling is
    resources = [n for n in types if n in defs.structures and is_resource(defs.structures[n])]
    return {
        "primitives": simple,
        "resources": sorted(resources),
        "codes": dict(sorted(codes.items())),
        "types": dict(sorted(types.items())),
    }


def is_resource(sd: ET.Element) -> bool:
    return value(sd, "f:kind") == "resource"


STEP = re.compile(r"^(?P<path>[A-Z]\w+(?:\.\w+)*?)(?P<rest>\.where\(.*\)|\.exists\(\).*)?$")


def search_paths(structure: dict[str, Any], resource: str, expression: str) -> list[dict[str, Any]]:
    """Turn the part of a FHIRPath expression that is about `resource` into plain JSON paths.

    R4's search expressions are unions of a few shapes; any other shape raises, so that a new
    resource type cannot be half indexed.
    """
    types, codes = structure["types"], structure["codes"]
    out: list[dict[str, Any]] = []
    for term in expression.split(" | "):
        term = term.strip()
        cast = re.fullmatch(r"\(?([\w.]+) as (\w+)\)?", term.strip("()"))
        path, only = (cast.group(1), cast.group(2)) if cast else (term, "")
        if path.split(".")[0] not in (resource, "Resource"):
            continue
        match = STEP.match(path)
        if match is None:
            raise ValueError(f"{resource}: cannot express {term!r}")
        rest = match["rest"] or ""
        extra: dict[str, Any] = {}
        if found := re.fullmatch(r"\.where\(resolve\(\) is (\w+)\)", rest):
            extra["target"] = found.group(1)
        elif found := re.fullmatch(r"\.where\((\w+)='(\w+)'\)", rest):
            extra["where"] = {found.group(1): found.group(2)}
        elif rest.startswith(".exists() and"):
            extra["exists"] = True
        elif rest:
            raise ValueError(f"{resource}: cannot express {term!r}")
        for names, rule in walk(types, {"type": resource}, match["path"].split(".")[1:]):
            if not only or rule["type"] == only:
                out.append({"path": names, "type": rule["type"], **extra, **system_of(rule, codes)})
    return out


def system_of(rule: dict[str, Any], codes: dict[str, Any]) -> dict[str, str]:
    """A code has the system of its required binding (R4 search.html#token)."""
    systems = list(codes.get(rule.get("codes"), {}))
    return {"system": systems[0]} if rule["type"] == "code" and len(systems) == 1 else {}


Found = list[tuple[list[str], dict[str, Any]]]


def walk(types: dict[str, Any], at: dict[str, Any], steps: list[str]) -> Found:
    if not steps:
        return [([], at)]
    head, rest = steps[0], steps[1:]
    found: Found = []
    for name, rule in types.get(at["type"], {}).items():
        if name == head or rule.get("choice") == head:
            found += [([name, *names], end) for names, end in walk(types, rule, rest)]
    return found


def search_table(defs: Definitions, structure: dict[str, Any]) -> dict[str, Any]:
    table: dict[str, Any] = {name: {} for name in RESOURCES}
    for entry in defs.search["entry"]:
        sp = entry["resource"]
        for name in RESOURCES:
            if not {name, "Resource"} & set(sp["base"]) or sp["type"] not in INDEXABLE:
                continue
            if "expression" not in sp or "phonetic" in sp["code"] or "[0]" in sp["expression"]:
                continue  # Bundle's composition and message look into the resource it carries
            rows = search_paths(structure, name, sp["expression"])
            fit = [r for r in rows if r.get("exists") or r["type"] in INDEXABLE[sp["type"]]]
            if fit:
                row = {"type": sp["type"], "url": sp["url"], "paths": fit}
                table[name][sp["code"]] = row
    return {name: dict(sorted(rows.items())) for name, rows in table.items()}


def main(jar: Path, out: Path = TABLES) -> None:
    defs = Definitions(jar)
    origin = {
        "edition": "FHIR R4 4.0.1",
        "source": f"Maven ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r4, {jar.name}",
        "sha256": hashlib.sha256(jar.read_bytes()).hexdigest(),
        "licence": "FHIR specification: CC0-1.0; as packaged by HAPI FHIR: Apache-2.0",
        "command": "python tests/fhir/generate_tables.py JAR",
    }
    structure = structure_table(defs)
    search = {"resources": search_table(defs, structure)}
    for name, body in (("structure.json", structure), ("search.json", search)):
        (out / name).write_text(spell({"origin": origin, **body}), "utf-8", newline="\n")


def spell(table: dict[str, Any]) -> str:
    """JSON with a line for each entry of each part, so that a difference can be read."""
    parts = []
    for part, rows in table.items():
        pairs = rows.items() if isinstance(rows, dict) else None
        lines = [f"{json.dumps(k)}:{dense(v)}" for k, v in pairs] if pairs else [dense(rows)]
        left, right = "{}" if pairs else ("", "")
        parts.append(f"{json.dumps(part)}:{left}\n" + ",\n".join(lines) + f"\n{right}")
    return "{\n" + ",\n".join(parts) + "}\n"


def dense(item: Any) -> str:
    return json.dumps(item, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
