"""The house rules that a machine can hold: layers, file size, public names, quiet imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    "common", "dicom", "deid", "dimse", "hl7", "pacs", "dicomweb", "fhir", "access", "exchange",
    "lab", "widgets", "exercises", "workshop", "cli",
]  # fmt: skip
MODULES = sorted(p for p in (ROOT / "labkit").rglob("*.py") if "tables" not in p.parts)
SOURCES = [
    *MODULES,
    *sorted((ROOT / "labkit").rglob("*.js")),
    *(
        path
        for name in ("tests", "tooling", "benchmarks", "containers")
        for path in (ROOT / name).rglob("*.py")
    ),
]


def layer_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "labkit" and len(parts) > 1 and parts[1] in LAYERS else None


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_left(path: Path) -> None:
    own = layer_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        return  # labkit/__init__.py and __main__.py
    for target in filter(None, map(layer_of, imports_of(path))):
        assert LAYERS.index(target) <= LAYERS.index(own), f"{own} must not import {target}"


def test_every_folder_is_a_layer() -> None:
    folders = {p.name for p in (ROOT / "labkit").iterdir() if p.is_dir() and p.name[0] not in "._"}
    assert folders <= set(LAYERS)


@pytest.mark.parametrize("path", [*SOURCES, ROOT / "lab.py"], ids=lambda p: p.name)
def test_no_file_over_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_at_most_15_public_names_and_all_load() -> None:
    import labkit

    assert labkit.__all__ == sorted(labkit.__all__)
    assert len(labkit.__all__) <= 15
    for name in labkit.__all__:
        assert getattr(labkit, name).__doc__


def test_import_labkit_is_light() -> None:
    heavy = "('pydicom', 'pynetdicom', 'numpy', 'ipywidgets')"
    code = f"import labkit, sys; print(*[m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""
