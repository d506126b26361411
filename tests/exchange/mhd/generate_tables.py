"""Write the rules of MHD 4.2.3 as tables, from IHE's own FSH.

::

    git clone --branch 4.2.3 https://github.com/IHE/ITI.MHD
    python tests/exchange/mhd/generate_tables.py ITI.MHD/input/fsh

Read are the cardinalities, fixed values, bindings, types and mappings of the profiles; their prose
is left where it is. A statement of a shape that is not known here stops the run, so that no rule
is lost quietly.
"""

from __future__ import annotations

import hashlib
import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    "identifier", "mhdList", "submissionSet", "folder", "documentReference", "provideBundle",
    "findDocumentReferencesResponse", "findFindDocumentListsResponse",
)  # fmt: skip
CANONICAL = "https://profiles.ihe.net/ITI/MHD"
HEAD = re.compile(
    r"(Profile|Extension|Instance|ValueSet|CodeSystem|Mapping|Invariant):\s*(\S+)\s*$"
)
FIELD = re.compile(r"(Parent|Id|InstanceOf|Source|Expression):\s*(.+?)\s*$")
CARD = re.compile(r"(\d+)\.\.(\*|\d*)")
Block = dict[str, Any]


def blocks(folder: Path) -> list[Block]:
    """Every definition of the files, with its fields and statements; strings and comments go."""
    found: list[Block] = []
    for name in FILES:
        text = (folder / f"{name}.fsh").read_text(encoding="utf-8")
        text = re.sub(r'"""(?:.|\n)*?"""', '""', text)
        text = re.sub(r'((?:Description|Title):\s*)"(?:[^"\\]|\\.)*"', r'\1""', text)
        for line in text.splitlines():
            line = re.sub(r"(^|\s)//.*", "", line).rstrip()
            if head := HEAD.match(line):
                found.append({"kind": head[1], "name": head[2], "id": head[2], "says": []})
            elif line.startswith("* "):
                found[-1]["says"].append(line[2:].strip())
            elif field := FIELD.match(line):
                found[-1][field[1].lower()] = field[2].strip('"')
            elif line.strip() and found[-1]["says"]:
                found[-1]["says"][-1] += " " + line.strip()
    return found


class Reader:
    """Turns statements into rows."""

    def __init__(self, found: list[Block]) -> None:
        self.blocks = found
        self.ids = {b["name"]: b["id"] for b in found if b["kind"] in ("Profile", "Extension")}
        self.sets = {
            b["name"]: sorted(s.rpartition("#")[2] for s in b["says"] if "#" in s)
            for b in found
            if b["kind"] == "ValueSet"
        }
        self.invariants = {b["id"]: b["expression"] for b in found if b["kind"] == "Invariant"}

    def profiles(self) -> dict[str, Any]:
        out = {}
        for block in self.blocks:
            if block["kind"] == "Profile":
                rules: dict[str, Any] = {}
                extensions: dict[str, str] = {}
                for said in block["says"]:
                    self.statement(said, rules, extensions)
                parent = self.ids.get(block["parent"], block["parent"])
                out[block["id"]] = {"parent": parent, "extensions": extensions, "rules": rules}
        return out

    def statement(self, said: str, rules: dict[str, Any], extensions: dict[str, str]) -> None:
        path, _, rest = said.partition(" ")
        rest = re.sub(r"\s*\((exactly|required)\)$", "", rest.strip())

        def put(where: str, **more: Any) -> None:
            rules.setdefault(where, {}).update(more)

        if card := CARD.match(rest):
            put(path, min=int(card[1]), max=None if card[2] in ("*", "") else int(card[2]))
        elif rest.startswith("contains"):
            for item in re.split(r"\s+and\s+", rest.removeprefix("contains").strip()):
                name, low = re.fullmatch(r"(.+?)\s+(\d+\.\.\S+)(?:\s+MS)?", item.strip()).groups()  # type: ignore[union-attr]
                kind, _, local = name.partition(" named ")
                slice_ = local or kind
                if local:
                    extensions[local] = self.ids[kind]
                card = CARD.match(low)
                assert card is not None
                top = None if card[2] == "*" else int(card[2])
                put(f"{path}[{slice_}]", min=int(card[1]), max=top)
        elif rest.startswith("only"):
            kinds = rest.removeprefix("only").strip()
            if inner := re.fullmatch(r"Reference\((.+)\)", kinds):
                put(path, targets=sorted(inner[1].split(" or ")))
            else:
                put(path, only=[self.ids.get(k.strip(), k.strip()) for k in kinds.split(" or ")])
        elif rest.startswith("from"):
            name, *strength = rest.removeprefix("from").split()
            if name in self.sets and strength in ([], ["(required)"]):
                put(path, codes=self.sets[name])
            else:
                assert strength == ["(preferred)"], said
        elif rest.startswith("obeys"):
            put(path, obeys=self.invariants[rest.split()[1]])
        elif rest.startswith("="):
            put(path, fixed=self.value(rest.removeprefix("=").strip()))
        elif found := re.fullmatch(r"\^type\.aggregation = #contained", rest):
            assert found
            put(path, contained=True)
        elif found := re.fullmatch(r'\^type\.code = "(\w+)"', rest):
            put(path, only=[found[1]])
        elif found := re.fullmatch(r"\^type\.profile = Canonical\((.+)\)", rest):
            put(path, only=[self.ids.get(found[1], found[1])])
        elif found := re.fullmatch(r"\^slicing\.rules = #closed", rest):
            put(path, closed=True)
        else:
            known = rest.startswith(("^slicing", "^short", "^definition", "^experimental"))
            assert known or path.startswith("^") or rest == "MS", said

    def value(self, text: str) -> str:
        """A fixed value: ``code`` or ``system|code``, or the string itself."""
        if text.startswith('"'):
            return text.strip('"')
        system, _, code = text.partition("#")
        return f"{CANONICAL}/CodeSystem/{system}|{code}" if system else code

    def extensions(self) -> dict[str, Any]:
        out = {}
        for block in self.blocks:
            if block["kind"] == "Extension":
                (only,) = [s for s in block["says"] if s.startswith("value[x] only")]
                value = only.removeprefix("value[x] only").strip().partition("(")[0]
                url = f"{CANONICAL}/StructureDefinition/{block['id']}"
                out[block["id"]] = {"url": url, "value": f"value{value}"}
        return out

    def mappings(self) -> dict[str, Any]:
        """Which attributes of XDS an element holds, where it holds any."""
        out = {}
        for block in self.blocks:
            if block["kind"] == "Mapping":
                rows = {}
                for left, _, right in (said.partition("->") for said in block["says"]):
                    names = re.findall(r"(?:DocumentEntry|SubmissionSet|Folder)\.(\w+)", right)
                    if left.strip() and names:
                        rows[left.strip()] = names
                out[block["source"]] = rows
        return out

    def resources(self) -> dict[str, Any]:
        """The same as SearchParameter resources, for servers that take those."""
        entries = []
        for block in self.blocks:
            if block.get("instanceof") == "SearchParameter":
                said = dict(s.split(" = ", 1) for s in block["says"])
                row = {name: said[name].strip('"#') for name in
                       ("url", "name", "status", "code", "expression", "type")}  # fmt: skip
                base = said["base"].strip("#")
                row |= {"description": f"{base} by {row['code']} (IHE MHD)"}
                made = {"resourceType": "SearchParameter", "id": row["url"].rpartition("/")[2]}
                entries.append({"resource": {**made, **row, "base": [base]}})
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    def search(self) -> dict[str, Any]:
        """The search parameters that MHD adds to R4."""
        types = {"DocumentReference.content.attachment.creation": "dateTime"}
        table: dict[str, Any] = {}
        for block in self.blocks:
            if block.get("instanceof") != "SearchParameter":
                continue
            said = dict(s.split(" = ", 1) for s in block["says"])
            plain = {name: value.strip('"#') for name, value in said.items()}
            found = re.fullmatch(
                r"\(extension\('(.+?)'\)\.value\.ofType\((\w+)\)\)", plain["expression"]
            )
            if found:
                path = [{
                    "path": ["extension", f"value{found[2]}"], "type": found[2],
                    "extension": found[1],
                }]  # fmt: skip
            else:
                names = plain["expression"].split(".")[1:]
                path = [{"path": names, "type": types[plain["expression"]]}]
            row = {"type": plain["type"], "url": plain["url"], "paths": path}
            table.setdefault(plain["base"], {})[plain["code"]] = row
        return table


def main(folder: Path, out: Path = ROOT) -> None:
    texts = [(folder / f"{name}.fsh").read_bytes() for name in FILES]
    origin = {
        "edition": "IHE ITI MHD 4.2.3 (FHIR R4)",
        "source": "github.com/IHE/ITI.MHD, tag 4.2.3: " + ", ".join(f"{n}.fsh" for n in FILES),
        "sha256": hashlib.sha256(b"".join(texts)).hexdigest(),
        "licence": "CC-BY-4.0, IHE International; rules restated, no text copied",
        "command": "python tests/exchange/mhd/generate_tables.py FSH_FOLDER",
    }
    reader = Reader(blocks(folder))
    spell = runpy.run_path(str(ROOT / "tests" / "fhir" / "generate_tables.py"))["spell"]
    tables = {
        out / "labkit" / "exchange" / "mhd" / "tables" / "profiles.json": {
            "origin": origin,
            "profiles": reader.profiles(),
            "extensions": reader.extensions(),
            "mappings": reader.mappings(),
        },
        out / "labkit" / "fhir" / "tables" / "search_mhd.json": {
            "origin": origin,
            "resources": reader.search(),
        },
    }
    for path, table in tables.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(spell(table), "utf-8", newline="\n")
    own = out / "containers" / "fhir" / "src" / "main" / "resources" / "search" / "mhd.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(json.dumps(reader.resources(), indent=1) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
