"""Write ``labkit/fhir/mapping/tables/structure_r5.json`` from HL7's package of FHIR 5.0.0.

::

    python tests/fhir/mapping/generate_r5.py hapi-fhir-validation-resources-r5-8.8.0.jar

The jar (Maven ``ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r5``) carries
``hl7.fhir.r5.core-5.0.0.tgz`` as it is. Only the types that a mapping can write are taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

ROOTS = [
    "Bundle", "Device", "DiagnosticReport", "DocumentReference", "Endpoint", "ImagingSelection",
    "ImagingStudy", "Location", "Observation", "Organization", "Patient", "Practitioner",
    "Provenance", "ServiceRequest", "Specimen",
]  # fmt: skip
OUT = Path(__file__).resolve().parents[3] / "labkit" / "fhir" / "mapping" / "tables"
PACKAGE = "org/hl7/fhir/r5/packages/hl7.fhir.r5.core-5.0.0.tgz"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"


class Package:
    """The definitions in the package, by what they are called."""

    def __init__(self, jar: Path) -> None:
        self.structures: dict[str, Any] = {}
        self.systems: dict[str, Any] = {}
        self.sets: dict[str, Any] = {}
        with zipfile.ZipFile(jar) as archive:
            packed = archive.read(PACKAGE)
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            for member in tar:
                name = member.name.rsplit("/", 1)[-1]
                if not name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")):
                    continue
                stream = tar.extractfile(member)
                assert stream is not None
                found = json.load(stream)
                if name.startswith("V"):
                    self.sets[found["url"]] = found
                elif name.startswith("C"):
                    self.systems[found["url"]] = found
                elif found.get("derivation") != "constraint":
                    self.structures[found["type"]] = found

    def codes(self, url: str) -> dict[str, list[str]] | None:
        """{system: codes}, or None where the set cannot be listed."""
        found = self.sets.get(url.split("|")[0], {}).get("compose", {}).get("include")
        if not found:
            return None
        out: dict[str, set[str]] = {}
        for include in found:
            if include.get("filter") or include.get("valueSet"):
                return None
            listed = [c["code"] for c in include.get("concept", ())]
            if not listed:
                system = self.systems.get(include["system"])
                if system is None or system.get("content") != "complete":
                    return None
                listed = list(_all_codes(system.get("concept", ())))
            out.setdefault(include["system"], set()).update(listed)
        return {system: sorted(codes) for system, codes in sorted(out.items())}


def _all_codes(concepts: Any) -> Any:
    for concept in concepts:
        yield concept["code"]
        yield from _all_codes(concept.get("concept", ()))


def type_codes(element: dict[str, Any]) -> list[str]:
    out = []
    for kind in element.get("type", ()):
        code = kind["code"]
        if code.startswith("http://hl7.org/fhirpath/"):
            given = [e["valueUrl"] for e in kind.get("extension", ()) if e["url"] == FHIR_TYPE]
            code = given[0] if given else "string"
        out.append(code)
    return out


def rows_of(package: Package, name: str, codes: dict[str, Any]) -> dict[str, Any]:
    """{type or backbone path: {JSON name: rule}} of one structure."""
    sd = package.structures[name]
    out: dict[str, Any] = {name: {}}
    for element in sd["snapshot"]["element"][1:]:
        if element["max"] == "0":
            continue
        parent, leaf = element["path"].rsplit(".", 1)
        content = element.get("contentReference", "")
        kinds = [content.split("#")[-1]] if content else type_codes(element)
        if kinds in (["BackboneElement"], ["Element"]):
            kinds = [element["path"]]
            out[element["path"]] = {}
        if element["path"] == f"{name}.id" and sd["kind"] == "resource":
            kinds = ["id"]
        rule = rule_of(package, element, codes)
        if not leaf.endswith("[x]"):
            out[parent][leaf] = {"type": kinds[0], **rule}
            continue
        for kind in kinds:
            mine = {"type": kind, "choice": leaf[:-3], **rule}
            if kind not in ("code", "Coding", "CodeableConcept"):
                mine.pop("codes", None)
            if kind != "Reference":
                mine.pop("target", None)
            out[parent][leaf[:-3] + kind[0].upper() + kind[1:]] = mine
    return out


def rule_of(package: Package, element: dict[str, Any], codes: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    if element["min"]:
        rule["min"] = element["min"]
    if element["max"] != "1":
        rule["max"] = None if element["max"] == "*" else int(element["max"])
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and "valueSet" in binding:
        url = binding["valueSet"].split("|")[0]
        listed = package.codes(url)
        if listed is not None:
            codes[url] = listed
            rule["codes"] = url
    targets = sorted(
        profile.rsplit("/", 1)[1]
        for kind in element.get("type", ())
        for profile in kind.get("targetProfile", ())
    )
    if targets and targets != ["Resource"] and "CodeableReference" not in type_codes(element):
        rule["target"] = targets
    return rule


def main(jar: Path, out: Path = OUT) -> None:
    package = Package(jar)
    codes: dict[str, Any] = {}
    types: dict[str, Any] = rows_of(package, "Element", codes)
    todo = list(ROOTS)
    while todo:
        name = todo.pop()
        sd = package.structures.get(name)
        if name in types or sd is None or sd["kind"] == "primitive-type" or name == "Resource":
            continue
        made = rows_of(package, name, codes)
        types.update(made)
        todo += [rule["type"] for rows in made.values() for rule in rows.values()]
    body = {
        "origin": {
            "edition": "FHIR R5 5.0.0",
            "source": f"Maven ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r5, {jar.name}, "
            "hl7.fhir.r5.core-5.0.0.tgz",
            "sha256": hashlib.sha256(jar.read_bytes()).hexdigest(),
            "licence": "FHIR specification: CC0-1.0; as packaged by HAPI FHIR: Apache-2.0",
            "command": "python tests/fhir/mapping/generate_r5.py JAR",
        },
        "primitives": {
            name: regex(sd)
            for name, sd in sorted(package.structures.items())
            if sd["kind"] == "primitive-type"
        },
        "resources": sorted(
            n for n, sd in package.structures.items() if sd["kind"] == "resource"
            and not sd["abstract"]
        ),
        "codes": dict(sorted(codes.items())),
        "types": dict(sorted(types.items())),
    }  # fmt: skip
    (out / "structure_r5.json").write_text(spell(body), "utf-8", newline="\n")


def regex(sd: dict[str, Any]) -> str:
    for element in sd["snapshot"]["element"]:
        for kind in element.get("type", ()):
            for extension in kind.get("extension", ()):
                if extension["url"] == REGEX and element["path"].endswith(".value"):
                    return str(extension["valueString"])
    return ""


def spell(body: dict[str, Any]) -> str:
    parts = []
    for part, rows in body.items():
        if isinstance(rows, dict):
            lines = [f"{json.dumps(k)}:{dense(v)}" for k, v in rows.items()]
            parts.append(f"{json.dumps(part)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(part)}:{dense(rows)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def dense(item: Any) -> str:
    return json.dumps(item, separators=(",", ":"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
