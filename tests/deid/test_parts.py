"""Structured reports, private attributes, pixels nobody looked at, recovery."""

import errno
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import UltrasoundImageStorage
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import LabError, UsageError
from labkit.deid import Change, Deidentifier, Key, PixelFinding, Profile, SafePrivate
from labkit.deid.files import sources
from tests.deid.made import as_read, ct, written

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def texts(ds: Dataset) -> str:
    return written(ds).decode("latin-1")


def test_report_key_object_and_images_stay_joined(key: Key) -> None:
    """UIDs of SR, KOS, SEG and PR lead to the same new images."""
    deidentifier = Deidentifier(Profile.of("113104"), key)
    images = {key.uid(str(dcmread(p, stop_before_pixels=True).SOPInstanceUID))
              for p in (SAMPLES / "ct-chest").glob("ct-*.dcm")}  # fmt: skip
    for name in ("sr-001", "ko-001", "seg-001", "pr-001"):
        ds = deidentifier.dataset(dcmread(SAMPLES / "ct-chest" / f"{name}.dcm")).ds
        assert ds is not None
        referred = {str(e.value) for e in ds.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        assert referred & images, name


def test_without_the_option_a_report_keeps_references_alone(key: Key) -> None:
    ds = Deidentifier(Profile(), key).dataset(dcmread(SAMPLES / "ct-chest" / "sr-001.dcm")).ds
    assert ds is not None
    assert {str(item.ValueType) for item in ds.ContentSequence} <= {"IMAGE", "COMPOSITE", "TEXT"}


def _item(kind: str, code: tuple[str, str], **values: object) -> Dataset:
    item, concept = Dataset(), Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator = code
    concept.CodeMeaning = "x"
    item.RelationshipType, item.ValueType, item.ConceptNameCodeSequence = (
        "CONTAINS",
        kind,
        [concept],
    )
    for name, value in values.items():
        setattr(item, name, value)
    return item


def test_content_items_go_by_the_table(key: Key) -> None:
    ds = dcmread(SAMPLES / "ct-chest" / "sr-001.dcm")
    ds.ContentSequence = [
        _item("TEXT", ("121022", "DCM"), TextValue="ACC-1"),  # Accession Number: X
        _item("TEXT", ("121071", "DCM"), TextValue="Quillfeather has a lung nodule"),
        _item("PNAME", ("121008", "DCM"), PersonName="Osterhagen^L"),
        _item("DATETIME", ("113723", "DCM"), DateTime="20240301101500"),
        _item("TEXT", ("F-01710", "SRT"), TextValue="Zzyzx"),
        _item("TEXT", ("1", "99NOBODY"), TextValue="Zzyzx"),
    ]
    profile = Profile.of("113104", "113105", "113107")
    out = Deidentifier(profile, key).dataset(ds).ds
    assert out is not None
    items = list(out.ContentSequence)
    assert [i.ValueType for i in items] == ["TEXT", "PNAME", "DATETIME", "TEXT", "TEXT"]
    assert items[0].TextValue == "has lung nodule"
    assert "Osterhagen" not in texts(out) and "Zzyzx" not in texts(out)
    assert str(items[2].DateTime) != "20240301101500" and str(items[2].DateTime)[8:] == "101500"


def test_safe_private_attributes_stay_with_their_creator(key: Key) -> None:
    ds = ct()
    block = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    block.add_new(0x23, "DS", "3.75")
    block.add_new(0x24, "DS", "1.5")
    block.add_new(0x99, "LO", "QUILLFEATHER")
    out = Deidentifier(Profile.of("113111"), key).dataset(as_read(ds)).ds
    assert out is not None
    kept = out.private_block(0x0019, "GEMS_ACQU_01")
    assert kept[0x23].value == 3.75 and 0x99 not in kept
    bare = Deidentifier(Profile(), key).dataset(as_read(ds)).ds
    assert bare is not None and not [e for e in bare if e.tag.is_private]


def test_a_sites_own_safe_list(key: Key, tmp_path: Path) -> None:
    listed = tmp_path / "safe.toml"
    listed.write_text('[[safe]]\ncreator = "ACME 1.1"\nelements = ["(0029,xx10)"]\n')
    ds = ct()
    block = ds.private_block(0x0029, "ACME 1.1", create=True)
    block.add_new(0x10, "OB", b"\1\2")
    block.add_new(0x11, "LO", "other")
    profile = Profile.of("113111", safe_private=SafePrivate.read(listed))
    out = Deidentifier(profile, key).dataset(as_read(ds)).ds
    assert out is not None
    assert out.private_block(0x0029, "ACME 1.1")[0x10].value == b"\1\2"
    assert 0x00291011 not in out


def test_an_objects_own_word_is_believed_only_where_a_site_says_so(key: Key) -> None:
    ds = ct()
    ds.private_block(0x0029, "ACME 1.1", create=True).add_new(0x10, "LO", "chest")
    item = Dataset()
    item.PrivateGroupReference, item.PrivateCreatorReference = 0x0029, "ACME 1.1"
    item.BlockIdentifyingInformationStatus = "SAFE"
    ds.PrivateDataElementCharacteristicsSequence = [item]
    for trusted in (False, True):
        profile = Profile.of("113111", safe_private=SafePrivate(trust_declared=trusted))
        out = Deidentifier(profile, key).dataset(as_read(ds)).ds
        assert out is not None and (0x00291010 in out) is trusted


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"SOPClassUID": UltrasoundImageStorage}, "burned-in"),
        ({"BurnedInAnnotation": "YES"}, "Burned In Annotation"),
        ({"ImageType": ["DERIVED", "SECONDARY", "DOSE"]}, "burned-in"),
        ({"BodyPartExamined": "HEAD"}, "face"),
        ({"RecognizableVisualFeatures": "YES"}, "Recognizable"),
        ({"SOPClassUID": "1.2.3.4.5"}, "nothing is known of this SOP class"),
        ({"SOPClassUID": "1.2.840.10008.1.3.10"}, "DICOMDIR"),
    ],
)
def test_what_nobody_looked_at_is_held(key: Key, values: dict[str, str], reason: str) -> None:
    outcome = Deidentifier(Profile(), key).dataset(ct(**values))
    assert outcome.ds is None and reason in " ".join(outcome.held)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"BodyPartExamined": "", "StudyDescription": ""}, "may be a head"),
        ({"ImageType": ["DERIVED", "SECONDARY", "OTHER"]}, "may carry burned-in text"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1"}, "may carry burned-in text"),
    ],
)
def test_what_may_be_there_is_told_and_held_where_one_is_strict(
    key: Key, values: dict[str, str], reason: str
) -> None:
    outcome = Deidentifier(Profile(), key).dataset(ct(**values))
    assert outcome.ds is not None and reason in " ".join(outcome.unseen)
    assert "BurnedInAnnotation" not in outcome.ds
    assert "RecognizableVisualFeatures" not in outcome.ds
    held = Deidentifier(Profile(), key, strict=True).dataset(ct(**values))
    assert held.ds is None and reason in " ".join(held.held)


def test_the_command_tells_what_nobody_has_looked_at(tmp_path: Path) -> None:
    file, out = get_testdata_file("CT_small.dcm"), tmp_path / "out"
    done = CliRunner().invoke(app, ["deid", str(file), str(out)])
    assert done.exit_code == 0 and len(list(out.iterdir())) == 1
    assert "1 object and 0 resources written" in done.output
    assert "1 of those written: nothing says which part of the body this is" in done.output
    strict = CliRunner().invoke(app, ["deid", str(file), str(tmp_path / "no"), "--strict"])
    assert strict.exit_code == 2 and not (tmp_path / "no").exists()


def test_a_person_may_let_it_pass(key: Key) -> None:
    ds = ct(BodyPartExamined="HEAD")
    outcome = Deidentifier(Profile(), key, reviewed=[ds.SOPInstanceUID]).dataset(ds)
    assert outcome.ds is not None and "RecognizableVisualFeatures" not in outcome.ds


class Cleaner:
    def __init__(self, finding: PixelFinding) -> None:
        self.finding = finding

    def clean(self, ds: Dataset, profile: Profile) -> PixelFinding:
        assert ds.PatientName == "Quillfeather^Jane"  # the header is still the original
        return self.finding


def test_the_cleaner_of_pixels_decides(key: Key) -> None:
    profile = Profile.of("113101", "113102")
    change = Change("7FE00010", "Pixel Data", "C", "clean-pixel-data")
    good = Cleaner(PixelFinding("cleaned", "none", (change,)))
    out = Deidentifier(profile, key, pixels=good).dataset(ct(BodyPartExamined="HEAD"))
    assert out.ds is not None and change in out.changes
    assert out.ds.BurnedInAnnotation == out.ds.RecognizableVisualFeatures == "NO"
    bad = Cleaner(PixelFinding("unsure", "none", (), "text in a corner"))
    assert Deidentifier(profile, key, pixels=bad).dataset(ct()).held == ("text in a corner",)
    ds = ct()
    passed = Deidentifier(profile, key, pixels=bad, reviewed=[ds.SOPInstanceUID]).dataset(ds).ds
    assert passed is not None and "BurnedInAnnotation" not in passed
    assert passed.RecognizableVisualFeatures == "NO"
    claimed = [code.CodeValue for code in passed.DeidentificationMethodCodeSequence]
    assert claimed == ["113100", "113102"]  # a person let the text pass: nothing was cleaned
    with pytest.raises(UsageError, match="cleans pixels"):
        Deidentifier(profile, key)


def test_originals_come_back_with_the_key_alone(tmp_path: Path) -> None:
    key = Key.new(recovery=True)
    original = as_read(ct())
    outcome = Deidentifier(Profile(), key, reversible=True).dataset(as_read(ct()))
    assert outcome.ds is not None
    data = written(outcome.ds)
    assert b"Quillfeather" not in data and b"MRN-70221" not in data
    with pytest.raises(UsageError, match="another key"):
        other = Key.new(recovery=True).recovery
        assert other is not None
        other.restored(as_read(outcome.ds))
    key.save(tmp_path / "key")
    recovery = Key.read(tmp_path / "key").recovery
    assert recovery is not None
    back = recovery.restored(as_read(outcome.ds))
    for element in original:
        assert back[element.tag].value == element.value, element.tag
    assert back.PatientIdentityRemoved == "NO" and "DeidentificationMethod" not in back


def test_the_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "key"
    Key.new().save(place)
    assert place.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError):
        Key.new().save(place)


def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(FileIO):
        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("labkit.deid.files.os.fdopen", lambda file, mode: Full(file, mode))
    with pytest.raises(LabError, match=r"disk is full: .*out") as caught:
        Deidentifier(Profile(), key).folder(SAMPLES / "cr-wrist", tmp_path / "out")
    assert "Free some space" in caught.value.remedy
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full: Linux")
def test_a_report_that_fills_the_disk_is_named(key: Key, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="disk is full: /dev/full"):
        Deidentifier(Profile(), key).folder(
            SAMPLES / "cr-wrist", tmp_path / "out", report=Path("/dev/full")
        )
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 1


def test_what_lies_in_the_target_is_no_source_by_whichever_name(tmp_path: Path) -> None:
    home, out = tmp_path / "in", tmp_path / "in" / "out"
    (out / "deep").mkdir(parents=True)
    (home / "part").mkdir()
    for place in (home / "a", home / "part" / "b", out / "c", out / "deep" / "d", home / ".hidden"):
        place.write_bytes(b"")
    with suppress(OSError, NotImplementedError):  # a system without symbolic links
        (home / "link").symlink_to(out / "c")
    assert list(sources(home, beside=out)) == [home / "a", home / "part" / "b"]
