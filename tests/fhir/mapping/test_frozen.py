"""A frozen mapping gives the same bytes for as long as it is used, and nothing else is taken."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import DataError, UsageError
from labkit.dicom import sample
from labkit.dicom.samples import studies
from labkit.fhir.mapping import Frozen, MappingTable, Site, StudyBuilder, frozen
from labkit.fhir.mapping.study import combine
from tests.fhir.mapping.headers import header

SITE = """
zone = "Europe/Rome"
dicomweb = "https://pacs.example/dicom-web"
[issuer]
NORTHGEN = "https://north-general.example/patient-id"
[code.99LABKIT.CTHEAD]
system = "http://loinc.org"
code = "30799-1"
display = "CT Head – ohne Kontrast"
[policy]
Patient = "conditional"
[[private]]
source = '(0019,"ACME 1.0",10)'
path = "ImagingStudy.series.description"
"""


@pytest.fixture(scope="module")
def datasets() -> list[Dataset]:
    found = [path for study in studies() for path in study.files[:3]]
    return [dcmread(path, stop_before_pixels=True) for path in found]


def written(resources: Any) -> bytes:
    return json.dumps(resources, ensure_ascii=False).encode()


def by_hand(mapping: Frozen, datasets: list[Dataset]) -> bytes:
    builder = StudyBuilder(mapping.table, mapping.site, mapping.fhir)
    for ds in datasets:
        builder.add(ds)
    return written(combine(builder.studies())[0])


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_the_file_maps_as_what_it_was_made_of(
    tmp_path: Path, datasets: list[Dataset], fhir: str
) -> None:
    table = MappingTable.load().removed("study.description")
    made = Frozen.of(table, Site.parse(SITE), fhir)
    read = Frozen.load(made.save(tmp_path / "m.json"), digest=made.digest)
    assert (read.table, read.fhir, read.endpoint) == (table, fhir, "https://pacs.example/dicom-web")
    expected = by_hand(made, datasets)
    assert written(read.map(datasets).resources) == expected
    shuffled = random.Random(7).sample(datasets, len(datasets))
    assert written(read.map(shuffled).resources) == expected
    assert read.save(tmp_path / "again.json").read_bytes() == (tmp_path / "m.json").read_bytes()


def test_the_site_comes_back_whole(tmp_path: Path) -> None:
    site = Site.parse(SITE)
    assert Frozen.load(Frozen.of(None, site).save(tmp_path / "m.json")).site == site


def test_what_maps_otherwise_has_another_digest() -> None:
    table = MappingTable.load()
    made = [
        Frozen.of(),
        Frozen.of(fhir="R5"),
        Frozen.of(endpoint="https://pacs.example/dicom-web"),
        Frozen.of(table.removed("study.started")),
        Frozen.of(site=Site(zone="Europe/Rome")),
    ]
    assert len({one.digest for one in made}) == len(made)
    assert Frozen.of(table).digest == made[0].digest


def test_any_change_of_the_file_is_refused(tmp_path: Path) -> None:
    text = Frozen.of(site=Site.parse(SITE)).save(tmp_path / "m.json").read_text("utf-8")
    dice = random.Random(9)
    for _ in range(40):  # one letter, anywhere
        at = dice.randrange(len(text))
        letter = "x" if text[at] != "x" else "y"
        (tmp_path / "m.json").write_text(text[:at] + letter + text[at + 1 :], "utf-8")
        if json_of(tmp_path / "m.json") == json.loads(text):
            continue  # a space between two values
        with pytest.raises(DataError):
            Frozen.load(tmp_path / "m.json")
    (tmp_path / "m.json").write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(DataError, match="no frozen mapping"):
        Frozen.load(tmp_path / "m.json")


def json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        return None


def changed(path: Path, **parts: Any) -> Path:
    """Change a file as somebody does who knows how digests are made."""
    data = {**json.loads(path.read_text("utf-8")), **parts}
    data.pop("sha256")
    data["sha256"] = frozen._digest(data)
    path.write_text(json.dumps(data), "utf-8")
    return path


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"labkit": "0.0.9"}, "frozen by labkit 0.0.9"),
        ({"engine": "0" * 64}, "engine 000000000000"),
        ({"format": "labkit-frozen-mapping/2"}, "reads labkit-frozen-mapping/1"),
        ({"fhir": "R3"}, "cannot be used"),
        ({"endpoint": "ftp://pacs.example"}, "cannot be used"),
        ({"rows": [{"id": "a"}]}, "cannot be used"),
        ({"rows": 7}, "cannot be used"),
        ({"site": {"zone": "Mars/Base"}}, "cannot be used"),
        ({"more": 1}, "missing or added"),
    ],
)  # fmt: skip
def test_what_this_labkit_cannot_vouch_for_is_refused(
    tmp_path: Path, parts: dict[str, Any], says: str
) -> None:
    path = changed(Frozen.of().save(tmp_path / "m.json"), **parts)
    with pytest.raises(DataError, match=says) as caught:
        Frozen.load(path)
    assert caught.value.remedy


def test_a_digest_kept_apart_notices_who_changes_both(tmp_path: Path) -> None:
    made = Frozen.of()
    path = changed(made.save(tmp_path / "m.json"), fhir="R5")
    assert Frozen.load(path).fhir == "R5"
    with pytest.raises(DataError, match="another mapping"):
        Frozen.load(path, digest=made.digest)


def test_another_engine_only_when_asked_for(tmp_path: Path) -> None:
    path = changed(Frozen.of().save(tmp_path / "m.json"), engine="0" * 64)
    assert Frozen.load(path, engine="any").labkit == Frozen.of().labkit
    with pytest.raises(UsageError, match="no engine"):
        Frozen.load(path, engine="other")  # type: ignore[arg-type]


def test_what_belongs_to_no_study_is_told() -> None:
    lost = header()
    del lost.StudyInstanceUID
    found = Frozen.of().map([header(1), lost])
    assert [problem.code for problem in found.problems] == ["rejected-instance"]
    assert len(found.studies) == 1
    assert found.bundle("transaction")["type"] == "transaction"
    assert Frozen.of().map([]).bundle() == {"resourceType": "Bundle", "type": "collection"}


def test_the_engine_is_all_that_mapping_runs_through() -> None:
    """A module that a value passes through, and that is not counted, would change unnoticed."""
    here = Path(frozen.__file__).parent
    ours, reached, todo = "labkit.fhir.mapping", set(), ["builder", "study"]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        tree = ast.parse((here / f"{name}.py").read_text("utf-8"))
        for node in (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module):
            module = str(node.module)
            if module == "labkit.dicom.reading":
                assert [alias.name for alias in node.names] == ["PARSE_ERRORS"]
            elif module == "labkit.dicom.unread":
                assert frozen._READS.name == "unread.py"  # counted too
            elif module.startswith("labkit.") and module != "labkit.common.errors":
                assert module.startswith(ours), f"{name} imports {module}"
                inner = module.removeprefix(ours).strip(".").partition(".")[0]
                todo += [inner] if (here / f"{inner}.py").exists() else []
    beside = {name.removesuffix(".py") for name in frozen._BESIDE}
    assert reached & beside <= {"textfile"}  # it reads text files, and no data sets
    assert reached > {"assembly", "compiled", "engine", "site", "table"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["map", *arguments])


def test_the_commands(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    options = ("--site", str(tmp_path / "site.toml"), "--fhir", "R5")
    path = str(tmp_path / "m.json")
    done = run("--freeze", path, *options)
    assert done.exit_code == 0, done.output
    assert done.output.strip() == f"{path}  sha256:{Frozen.load(path).digest}"
    folder = str(sample("cr-wrist").files[0].parent)
    assert run(folder, "--frozen", path).stdout == run(folder, *options).stdout
    for wrong in (("--fhir", "R4"), options):
        with pytest.raises(UsageError, match="is not changed by"):
            _raise(run(folder, "--frozen", path, *wrong))
    with pytest.raises(UsageError, match="cannot be written"):
        _raise(run("--freeze", str(tmp_path / "none" / "m.json")))
    with pytest.raises(UsageError, match="what is to be mapped"):
        _raise(run("--fhir", "R5"))


def _raise(done: Result) -> None:
    assert done.exception is not None, done.output
    raise done.exception
