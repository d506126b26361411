"""Header rows, paths, and what they say of pydicom's own files, good and broken."""

import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.data.data_manager import DATA_ROOT
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import STANDARD_VR

from labkit.common.errors import UsageError
from labkit.dicom.explain import explain, modules_of
from labkit.dicom.header import header_rows
from labkit.dicom.paths import ITEM, ancestors, canonical_path, container_of, parse_tag, sort_key
from labkit.dicom.vr import missing_words, vr_name, vr_words

SKIP = (".gz", "README", ".json", ".txt", ".dump", ".icc")
# Not get_testdata_files(): it fetches what the wheel does not have.
FOLDER = Path(DATA_ROOT) / "test_files"
REAL = sorted(str(f) for f in FOLDER.rglob("*") if f.is_file() and not f.name.endswith(SKIP))


def read(name: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(str(get_testdata_file(name)), force=True)


@pytest.fixture(scope="module")
def ct() -> Dataset:
    return read("CT_small.dcm")


def test_rows_say_what_an_element_is(ct: Dataset) -> None:
    rows = {row.path: row for row in header_rows(ct)}
    name = rows["(0010,0010)"]
    assert (name.keyword, name.name, name.vr, name.vm) == (
        "PatientName", "Patient's Name", "PN", 1,
    )  # fmt: skip
    assert name.value == "CompressedSamples^CT1"
    assert rows["(0008,0016)"].value.endswith("= CT Image Storage")
    assert rows["(7FE0,0010)"].value == "32768 bytes"
    assert rows["(0010,1002)"].value == "2 items"
    assert rows["(0010,1002)[1]"].is_item and rows["(0010,1002)[1].(0010,0022)"].value == "TEXT"
    assert rows["(0043,1047)"].creator == "GEMS_PARM_01"
    assert rows["(0043,0010)"].name == "Private Creator"


def test_meta_group_comes_first_and_rows_are_in_order(ct: Dataset) -> None:
    paths = [row.path for row in header_rows(ct)]
    assert paths[0] == "(0002,0000)"
    assert paths == sorted(paths, key=sort_key)


@pytest.mark.parametrize(
    "search",
    ["(0010,0020)", "0010,0020", "00100020", "patientid", "patient id", "1ct1", "LO 1CT1"],
)
def test_search_by_tag_keyword_name_value(ct: Dataset, search: str) -> None:
    assert "(0010,0020)" in [row.path for row in header_rows(ct, search=search)]


def test_search_keeps_the_way_to_a_nested_match(ct: Dataset) -> None:
    nested = header_rows(ct, search="TypeOfPatientID")
    assert [row.path for row in nested][:3] == [
        *ancestors("(0010,1002)[0].(0010,0022)"), "(0010,1002)[0].(0010,0022)",
    ]  # fmt: skip


def test_search_that_finds_nothing(ct: Dataset) -> None:
    assert header_rows(ct, search="no such thing") == []


def test_a_value_that_cannot_be_decoded_is_a_row_with_a_problem() -> None:
    ds = read("CT_small.dcm")
    raw = ds.get_item("Rows")
    ds._dict[raw.tag] = raw._replace(value=b"abc")  # a US of three bytes
    row = next(row for row in header_rows(ds) if row.tag == "(0028,0010)")
    assert "cannot be decoded as US" in row.problem
    assert any(note.about == "Problem" for note in explain(ds, "Rows").notes)


def test_an_item_tag_where_no_item_is_has_a_row() -> None:
    ds = Dataset()
    ds[ITEM] = RawDataElement(ITEM, "UN", 2, b"ab", 0, False, True)
    assert [row.path for row in header_rows(ds)] == ["(FFFE,E000)"]


def test_an_empty_element_with_an_impossible_vr_says_so() -> None:
    ds = Dataset()
    ds[0x00200060] = RawDataElement(BaseTag(0x00200060), "C\0", 0, None, 0, False, True)
    (row,) = header_rows(ds)
    assert "Unknown Value Representation" in row.problem


@pytest.mark.parametrize("file", REAL, ids=lambda f: Path(f).name)
def test_every_real_file_has_rows_whose_paths_lead_back(file: str) -> None:
    ds = pydicom.dcmread(file, force=True)
    for row in header_rows(ds)[:400]:
        holder, tag = container_of(ds, row.path)
        assert canonical_path(row.path) == row.path
        assert row.is_item if tag == ITEM else tag in holder


def test_paths_in_any_spelling() -> None:
    wanted = "(0040,0275)[0].(0040,0007)"
    for text in (wanted, "(0040,0275)[0].ScheduledProcedureStepDescription",
                 "RequestAttributesSequence[0].00400007"):  # fmt: skip
        assert canonical_path(text) == wanted
    assert canonical_path(0x00100010) == "(0010,0010)"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("PatientNam", "PatientName"),
        ("not a path!", "not a path"),
        ("WaveformSequence", "no WaveformSequence (5400,0100)"),
        ("OtherPatientIDsSequence[7]", "has 2 items"),
        ("OtherPatientIDsSequence.PatientID", "an item number"),
        ("PatientName[0]", "has 0 items"),
    ],
)
def test_a_wrong_path_says_which_step(ct: Dataset, path: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        container_of(ct, path)
    assert says in str(caught.value)
    assert caught.value.remedy


def test_explanation_cites_dictionary_vr_and_module(ct: Dataset) -> None:
    notes = {note.about: note for note in explain(ct, "PatientID").notes}
    assert notes["Name"].reference == "PS3.6 6"
    assert "at most 64 characters" in notes["VR LO"].text
    assert notes["Module Patient"].text.startswith("Type 2")
    assert notes["Module Patient"].url.startswith("https://dicom.nema.org/")


def test_explanation_of_private_retired_unknown_item_and_meta(ct: Dataset) -> None:
    assert any("GEMS_PARM_01" in note.text for note in explain(ct, "(0043,1047)").notes)
    assert "elements" in explain(ct, "OtherPatientIDsSequence[0]").notes[0].text
    assert explain(ct, "TransferSyntaxUID").notes[0].reference == "PS3.6 7"
    ds = Dataset()
    ds.add_new(0x00080001, "UL", 1)  # Length to End, retired
    ds.add_new(0x00081234, "LO", "x")
    assert "(retired)" in explain(ds, 0x00080001).notes[0].text
    assert "not in the dictionary" in explain(ds, 0x00081234).notes[0].text


def test_every_vr_has_words() -> None:
    assert missing_words() == set()
    for vr in STANDARD_VR:
        assert vr_name(str(vr)) and vr_words(str(vr))
    assert vr_words("") == vr_name("ZZ") == ""


def test_modules_of_an_unknown_class() -> None:
    assert modules_of("1.2.3", "PatientID") == []


def test_module_table_is_what_the_generator_writes() -> None:
    pytest.importorskip("highdicom")
    from tests.dicom.generate_module_tables import TARGET, text

    assert TARGET.read_text("utf-8") == text()


def test_a_command_set_has_an_element_zero() -> None:
    command = Dataset()
    command.CommandGroupLength = 4
    assert [row.keyword for row in header_rows(command)] == ["CommandGroupLength"]
    assert explain(command, "(0000,0000)").notes[0].reference == "PS3.7 E.1"


def test_parse_tag_of_an_integer() -> None:
    assert parse_tag(0x7FE00010) == 0x7FE00010
