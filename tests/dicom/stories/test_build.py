"""The generator: the same bytes again, and a command that says what it can do."""

import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.common.errors import UsageError
from labkit.dicom import samples, studies
from labkit.dicom.stories import ct, mr, nodule, nuclear, reports
from labkit.dicom.stories.__main__ import main
from labkit.dicom.stories.build import WRITERS, write_all, write_study
from labkit.dicom.stories.manifest import build

QUICK = [
    "ct-no-spacing", "us-thyroid", "knee-ap", "knee-lateral", "cr-wrist", "nm-bone", "dx-hand",
    "dx-hand-followup", "mg-screening", "us-heart", "xa-coronary",
]  # fmt: skip
PARTS: dict[str, list[Callable[[Path], None]]] = {
    "ct-head": [partial(ct.write_head, numbers=[15]), reports.write_head_report],
    "ct-chest": [partial(ct.write_chest, numbers=[11]), nodule.write],
    "mr-brain": [partial(mr.write, positions=[4]), reports.write_brain_report],
    "ct-head-followup": [partial(ct.write_head_followup, numbers=[5])],
    "pt-chest": [partial(nuclear.write_pet, numbers=[5])],
}


def content(path: Path) -> bytes:
    """Return a file's bytes; of a deflated one what was deflated, since zlibs differ in packing."""
    raw = path.read_bytes()
    ds = dcmread(path)
    if not ds.file_meta.TransferSyntaxUID.is_deflated:
        return raw
    start = 144 + ds.file_meta.FileMetaInformationGroupLength
    return raw[:start] + zlib.decompress(raw[start:], -zlib.MAX_WBITS)


def same(folder: Path) -> int:
    """Compare every file in `folder` with the sample data, and count them."""
    kept = samples.folder()
    found = sorted(folder.rglob("*.dcm"))
    for path in found:
        name = path.relative_to(folder)
        assert content(path) == content(kept / name), f"{name} came out differently"
    return len(found)


@pytest.mark.parametrize("slug", QUICK)
def test_a_study_comes_out_bit_for_bit_the_same(slug: str, tmp_path: Path) -> None:
    write_study(slug, tmp_path)
    assert same(tmp_path) == len(next(s for s in studies() if s.slug == slug).files)


@pytest.mark.parametrize("slug", PARTS)
def test_a_part_of_a_long_study_comes_out_the_same(slug: str, tmp_path: Path) -> None:
    folder = tmp_path / slug
    folder.mkdir()
    for number in nodule.SLICES:
        if slug == "ct-chest":
            shutil.copy(samples.folder() / slug / f"ct-{number:03d}.dcm", folder)
    for write in PARTS[slug]:
        write(folder)
    assert same(tmp_path) >= 1


def test_every_story_has_a_writer_and_the_manifest_is_current() -> None:
    assert set(WRITERS) == {s.slug for s in studies()}
    assert build(samples.folder()) == samples.manifest()


def test_the_command_says_what_it_can_write(tmp_path: Path) -> None:
    for arguments in ([], ["--help"], [str(tmp_path), "ct-haed"]):
        command = [sys.executable, "-m", "labkit.dicom.stories", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 2
        assert "labkit.dicom.stories" in done.stderr or "ct-head" in done.stderr


def test_the_command_writes_a_study_and_the_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "new"), "cr-wrist"]) == 0
    assert capsys.readouterr().out.split() == ["cr-wrist", str(tmp_path / "new" / "manifest.json")]
    assert same(tmp_path / "new") == 1


def test_an_unknown_study() -> None:
    with pytest.raises(UsageError, match="ct-head"):
        write_study("ct-haed", Path("unused"))


def test_many_at_once_and_a_manifest_of_them(tmp_path: Path) -> None:
    assert list(write_all(tmp_path, ["cr-wrist", "knee-ap"])) == ["cr-wrist", "knee-ap"]
    assert set(build(tmp_path)["files"]) == {"cr-wrist/cr-001.dcm", "knee-ap/cr-001.dcm"}


def test_mr_signal_decays_with_echo_time() -> None:
    p = ct.plane(16.0, 96, 230.4)
    density, t2 = mr.head_signal(p, 1), mr.head_signal(p, 2)
    assert density.max() > 500 and t2[0, 0] == 0
    assert (t2 <= density + 1).mean() > 0.98  # signal only ever decays
