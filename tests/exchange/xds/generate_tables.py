"""Generate `labkit/exchange/xds/tables/xds.json` from the sources of IPF (Apache-2.0).

::

    python tests/exchange/xds/generate_tables.py PATH_OF_IPF COMMIT

PATH_OF_IPF is a git repository of github.com/oehf/ipf, at the commit that the table shall name. IHE
publishes these identifiers in prose only (ITI TF-3 4.2.5.2, 4.2.4.1; ITI TF-2 3.18.4.1.2.4).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

CORE = "commons/ihe/xds/src/main/java/org/openehealth/ipf/commons/ihe/xds/core"
TARGET = Path(__file__).resolve().parents[3] / "labkit" / "exchange" / "xds" / "tables" / "xds.json"
OBJECTS = {"DOC_ENTRY": "DocumentEntry", "SUBMISSION_SET": "SubmissionSet", "FOLDER": "Folder"}
NAMES = {"eventCode": "eventCodeList"}
"""Where IPF's name of a scheme is not the attribute's."""


def camel(words: str) -> str:
    first, *rest = words.lower().split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return NAMES.get(name, name)


def main(repository: str, commit: str) -> None:
    def source(path: str) -> str:
        done = subprocess.run(
            ["git", "-C", repository, "show", f"{commit}:{CORE}/{path}"],
            capture_output=True, check=True, text=True, encoding="utf-8",
        )  # fmt: skip
        return done.stdout

    vocabulary = source("metadata/Vocabulary.java")
    constants = dict(re.findall(r'String (\w+) =\s+"(urn:uuid:[^"]+)"', vocabulary))
    schemes: dict[str, dict[str, str]] = {name: {} for name in OBJECTS.values()}
    identifiers: dict[str, dict[str, str]] = {name: {} for name in OBJECTS.values()}
    nodes: dict[str, str] = {}
    for constant, uuid in constants.items():
        of = next((each for each in OBJECTS if constant.startswith(f"{each}_")), "")
        if not of:
            continue
        rest = constant.removeprefix(f"{of}_")
        if rest == "CLASS_NODE":
            nodes[OBJECTS[of]] = uuid
        elif rest.endswith("_CLASS_SCHEME"):
            schemes[OBJECTS[of]][camel(rest.removesuffix("_CLASS_SCHEME"))] = uuid
        elif rest.endswith("_EXTERNAL_ID"):
            identifiers[OBJECTS[of]][camel(rest.removesuffix("_EXTERNAL_ID"))] = uuid
    kinds = re.findall(
        r"(STABLE|ON_DEMAND)\(\"(urn:uuid:[^\"]+)\"\)", source("metadata/DocumentEntryType.java")
    )
    queries = re.findall(
        r'@XmlEnumValue\("(\w+)"\)\s+\w+\("(urn:uuid:[^"]+)"',
        source("requests/query/QueryType.java"),
    )
    errors = re.findall(r'@XmlEnumValue\("(\w+)"\)', source("responses/ErrorCode.java"))
    associations = re.findall(
        r'@XmlEnumValue\("(\w+)"\)\s+\w+\("(urn:[^"]+)"', source("metadata/AssociationType.java")
    )
    parameters = re.findall(r'\("(\$\w+) ?"\)', source("transform/requests/QueryParameter.java"))
    table = {
        "origin": {
            "repository": "github.com/oehf/ipf", "commit": commit, "licence": "Apache-2.0",
            "standard": "IHE ITI TF-3 4.2.5.2, 4.2.2.2, 4.2.4.1; ITI TF-2 3.18.4.1.2.4",
        },
        "documentEntryTypes": {name.lower(): uuid for name, uuid in kinds},
        "nodes": nodes, "schemes": schemes, "identifiers": identifiers,
        "associationDocumentation": constants["ASSOCIATION_DOC_CODE_CLASS_SCHEME"],
        "queries": dict(queries), "parameters": sorted(set(parameters)),
        "associations": {n: u for n, u in associations if "ihe" in u or "oasis" in u},
        "errors": sorted(set(errors) - {"_UserDefined"}),
    }  # fmt: skip
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
