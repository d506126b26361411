"""The table, the options, and what each action code does (PS3.15 Tables E.1-1, E.1-1a)."""

import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from labkit.common.errors import UsageError
from labkit.deid import Deidentifier, Key, Profile, options
from labkit.deid.rules import edition, resolved, rules_for, table
from tests.deid.made import as_read, ct


def test_the_table_says_what_it_is_from() -> None:
    assert edition() == "2026d"
    assert len(table("profile")["attributes"]) == 657
    assert len(table("profile")["content"]) == 214
    assert len(table("private")["attributes"]) == 479
    assert "no difference" in table("profile")["source"]["compared"]


def test_the_options_are_those_of_cid_7050() -> None:
    known = {code.value: code.meaning for code in codes.CID7050.concepts.values()}
    ours = dict(options().values())
    assert len(ours) == 12
    assert {**ours, "113100": known["113100"]} == known


def test_every_option_of_the_table_is_an_option() -> None:
    named = {name for row in table("profile")["attributes"].values() for name in row[3]}
    named |= {name for row in table("profile")["content"] for name in row[5]}
    assert named <= set(options())


def test_the_date_options_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        Profile.of("113106", "113107")


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Do you mean clean-descriptors"):
        Profile.of("clean-descriptor")


@pytest.mark.parametrize(
    ("action", "kind", "becomes"),
    [
        ("X/Z/D", "1", "D"), ("X/Z/D", "2", "Z"), ("X/Z/D", "3", "X"), ("X/D", "1C", "D"),
        ("X/D", "3", "X"), ("X/Z", "2", "Z"), ("Z/D", "2", "Z"), ("Z/D", "1", "D"),
        ("X/Z/U*", "3", "U"), ("X/Z/D", "", "D"), ("X", "1", "X"),
    ],
)  # fmt: skip
def test_a_compound_code_is_decided_by_the_type(action: str, kind: str, becomes: str) -> None:
    assert resolved(action, kind) == becomes


def test_an_option_overrides_the_profile() -> None:
    basic, kept = rules_for(frozenset()), rules_for(frozenset({"retain-uids"}))
    assert basic[0x00080018].action == "U" and kept[0x00080018].action == "K"
    both = rules_for(frozenset({"retain-modified-dates", "retain-device-identity"}))
    assert both[0x00181200].action == "C"  # Date of Last Calibration: a device's, but a date


def test_every_rule_is_carried_out(key: Key) -> None:
    """Each attribute of the table, by the Basic Profile, alone in an image and in an item."""
    for tag, rule in rules_for(frozenset()).items():
        if rule.vr in {"SQ", "UI"} or tag == 0x00420011 or tag >> 16 == 0xFFFA:
            continue
        vr = rule.vr.split(" ")[0]
        value = {
            "DA": "20231101",
            "TM": "111213",
            "DT": "20231101111213",
            "AS": "061Y",
            "DS": "61.25",
            "IS": "6125",
            "US": 6125,
            "SS": 6125,
            "UL": 6125,
            "FL": 6.5,
            "FD": 6.5,
            "OB": b"SECRETVALUE1",
            "OW": b"SECRETVALUE1",
            "UN": b"SECRETVALUE1",
        }
        for nested in (False, True):
            ds = ct()
            holder: Dataset = ds
            if nested:
                holder = Dataset()
                ds.ProcedureCodeSequence = [holder]
            original = value.get(vr, "SECRETVALUE1")
            holder.add_new(tag, vr, original)
            outcome = Deidentifier(Profile(), key).dataset(ds)
            assert outcome.ds is not None, outcome.held
            after = outcome.ds.ProcedureCodeSequence[0] if nested else outcome.ds
            if tag in after:
                assert after[tag].value != original, f"{tag:08X} {rule}"


def test_the_marks_are_written(key: Key) -> None:
    for profile, dates in (
        (Profile(), "REMOVED"),
        (Profile.of("retain-full-dates"), "UNMODIFIED"),
        (Profile.of("retain-modified-dates"), "MODIFIED"),
    ):
        ds = Deidentifier(profile, key).dataset(as_read(ct())).ds
        assert ds is not None
        assert ds.PatientIdentityRemoved == "YES"
        assert ds.LongitudinalTemporalInformationModified == dates
        found = [code.CodeValue for code in ds.DeidentificationMethodCodeSequence]
        assert found == [code for code, _ in profile.codes()]
        assert "BurnedInAnnotation" not in ds  # nobody has looked, so nothing is claimed


def test_meta_and_preamble_are_new(key: Key) -> None:
    outcome = Deidentifier(Profile(), key).dataset(as_read(ct()))
    assert outcome.ds is not None
    assert outcome.ds.preamble == b"\0" * 128
    assert "SourceApplicationEntityTitle" not in outcome.ds.file_meta
    assert outcome.ds.file_meta.MediaStorageSOPInstanceUID == outcome.ds.SOPInstanceUID
