"""Write `labkit/dicom/tables/modules.json` from the tables of PS3.3 that highdicom carries.

``python tests/dicom/generate_module_tables.py`` (needs the extra ``data``).
"""

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "labkit" / "dicom" / "tables" / "modules.json"


def load(name: str) -> Any:
    return json.loads((files("highdicom") / "_standard" / f"{name}.json").read_text("utf-8"))


def build() -> dict[str, Any]:
    iods = {
        iod: [[module["key"], module["usage"], module["ie"]] for module in modules]
        for iod, modules in load("iod_module_map").items()
    }
    used = {module for modules in iods.values() for module, _, _ in modules}
    modules = {
        name: {a["keyword"]: a["type"] or "" for a in attributes if not a["path"]}
        for name, attributes in sorted(load("module_attribute_map").items())
        if name in used
    }
    return {
        "source": f"highdicom {version('highdicom')}, highdicom/_standard/*.json, "
        "generated there from the DocBook of DICOM PS3.3 and PS3.4",
        "licence": "MIT (highdicom)",
        "content": "SOP Class UID -> IOD -> modules [name, usage, entity] -> keyword -> Type; "
        "attributes directly in a module, not those of its sequences' items",
        "sop_classes": dict(sorted(load("sop_class_iod_map").items())),
        "iods": dict(sorted(iods.items())),
        "modules": modules,
    }


def text() -> str:
    return json.dumps(build(), indent=0, ensure_ascii=True, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text(), "utf-8", newline="\n")
