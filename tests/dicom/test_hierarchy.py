"""The tree of patient, study, series, instance."""

from pathlib import Path

import pytest

from labkit.common.errors import DataError
from labkit.dicom import read, real_file, tree
from labkit.dicom.hierarchy import Hierarchy


def test_real_files_become_a_tree() -> None:
    found = tree([real_file("CT_small"), real_file("MR_small"), real_file("MR_small_RLE")])
    assert [len(x) for x in (found.patients, found.studies, found.series)] == [2, 2, 2]
    assert len(found.instances) == 3
    assert repr(found).splitlines()[0] == "CompressedSamples^CT1, ID 1CT1"
    assert "└─" in repr(found)


def test_what_is_not_dicom_is_skipped_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "one").write_bytes(real_file("CT_small").read_bytes())
    (tmp_path / "notes.txt").write_text("<b>bring the disc</b>")
    found = tree(tmp_path)
    assert len(found.instances) == 1
    assert found.instances[0].path == tmp_path / "deep" / "er" / "one"
    assert [(path.name, "but text" in why) for path, why in found.skipped] == [("notes.txt", True)]
    assert "skipped: 1" in repr(found) and "notes.txt" in found._repr_html_()


def test_one_id_from_two_issuers_is_two_patients() -> None:
    one, other = read(real_file("CT_small")), read(real_file("MR_small"))
    one.PatientID = other.PatientID = "7"
    one.PatientName = other.PatientName = "A^B"
    one.IssuerOfPatientID, other.IssuerOfPatientID = "NORTH", "LAKE"
    assert [str(p) for p in tree([one, other]).patients] == [
        "A^B, ID 7 (LAKE)",
        "A^B, ID 7 (NORTH)",
    ]


def test_a_data_set_that_fits_nowhere() -> None:
    ds = read(real_file("CT_small"))
    del ds.SeriesInstanceUID
    with pytest.raises(DataError, match="SeriesInstanceUID"):
        tree(ds)


def test_names_are_escaped_and_numbers_may_be_missing() -> None:
    ds = read(real_file("CT_small"))
    ds.PatientName, ds.SeriesNumber = "<b>^Bold", None
    assert "&lt;b&gt;" in tree(ds)._repr_html_()
    assert tree(ds).series[0].number is None


def test_nothing_and_nowhere(tmp_path: Path) -> None:
    assert repr(tree(tmp_path)) == repr(Hierarchy()) == tree(tmp_path)._repr_html_() == "nothing"
    with pytest.raises(DataError, match="there is no"):
        tree(tmp_path / "no")
