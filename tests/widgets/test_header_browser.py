"""HeaderBrowser without a browser: everything it can do is in Python."""

from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.common.errors import DataError, UsageError
from labkit.widgets import HeaderBrowser
from labkit.widgets.header_browser import table

CT = Path(str(get_testdata_file("CT_small.dcm")))
MR = Path(str(get_testdata_file("MR_small.dcm")))


@pytest.fixture
def browser() -> HeaderBrowser:
    return HeaderBrowser(CT)


def test_rows_and_search(browser: HeaderBrowser) -> None:
    assert len(browser.rows()) == 272
    assert [row.keyword for row in browser.rows(search="patient's name")] == ["PatientName"]
    browser.search = "TypeOfPatientID"
    assert [row.depth for row in browser.rows()] == [0, 1, 2, 1, 2]


def test_selecting_explains_and_shows_the_files_bytes(browser: HeaderBrowser) -> None:
    assert browser.select("PatientName").value == "CompressedSamples^CT1"
    assert browser.selected == "(0010,0010)"
    side = browser._detail["sides"][0]
    assert side["hex"]["offset"] == browser.bytes().offset == 922
    assert CT.read_bytes()[922:].startswith(side["hex"]["bytes"])
    assert browser._detail["editable"]
    assert [note["about"] for note in browser._detail["notes"]][:2] == ["Name", "VR PN"]


def test_a_data_set_is_as_good_as_a_file() -> None:
    ds = pydicom.dcmread(CT)
    assert HeaderBrowser(ds).bytes("PatientName").offset == 922
    assert HeaderBrowser(str(CT)).bytes("TransferSyntaxUID").from_file


def test_what_is_not_there(browser: HeaderBrowser, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no WaveformSequence"):
        browser.select("WaveformSequence")
    with pytest.raises(UsageError, match="Nothing is selected"):
        browser.bytes()
    (tmp_path / "x.txt").write_text("hello")
    with pytest.raises(DataError):
        HeaderBrowser(tmp_path / "x.txt")
    with pytest.raises(UsageError, match="one data set; list"):
        HeaderBrowser([CT])  # type: ignore[arg-type]
    browser.selected = "(9999,9999)"  # as a view could send
    assert browser._detail == {}


def test_edits_go_into_a_copy() -> None:
    ds = pydicom.dcmread(CT)
    browser = HeaderBrowser(ds)
    browser.select("PatientID")
    browser.edit("PatientID", "X1")
    assert (ds.PatientID, browser.edited.PatientID) == ("1CT1", "X1")
    assert [row.path for row in browser.differences()] == ["(0010,0020)"]
    assert browser._table["titles"] == ["original", "edited"]
    assert [side["value"] for side in browser._detail["sides"]] == ["1CT1", "X1"]
    assert b"X1" in browser._detail["sides"][1]["hex"]["bytes"]
    with pytest.raises(DataError, match="Date"):
        browser.edit("StudyDate", "yesterday")
    browser.edit("AccessionNumber", "A1")
    assert [row.status for row in browser.differences()] == ["changed", "changed"]
    browser.revert()
    assert browser.differences() == [] and browser.edited.PatientID == "1CT1"


def test_two_data_sets_are_compared_not_edited() -> None:
    browser = HeaderBrowser(CT, MR)
    assert browser._table["titles"] == ["CT_small.dcm", "MR_small.dcm"]
    assert repr(browser) == "HeaderBrowser(289 elements, 271 differences)"
    browser.select("EchoTime")  # only in the second
    assert [side["title"] for side in browser._detail["sides"]] == ["MR_small.dcm"]
    with pytest.raises(UsageError, match="compared"):
        browser.edit("PatientID", "x")
    assert HeaderBrowser(CT, CT)._table["titles"] == ["first", "second"]


def test_messages_of_the_view(browser: HeaderBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(browser, "send", sent.append)
    browser._receive(browser, {"kind": "edit", "path": "(0010,0020)", "value": "Y"}, [])
    assert browser.edited.PatientID == "Y"
    browser._receive(browser, {"kind": "edit", "path": "Rows", "value": "many"}, [])
    assert sent[0]["kind"] == "error" and "16-bit" in sent[0]["remedy"]
    browser._receive(browser, {"kind": "revert"}, [])
    assert browser.differences() == []


def test_repr_is_short_and_stable(browser: HeaderBrowser) -> None:
    assert repr(browser) == repr(HeaderBrowser(CT)) == "HeaderBrowser(270 elements)"


def test_stand_in_is_a_table_that_follows_the_search() -> None:
    html = HeaderBrowser(CT, search="patient").fallback()["text/html"]
    assert isinstance(html, str)
    assert "PatientName" in html and "Modality" not in html
    whole = HeaderBrowser(CT).fallback()["text/html"]
    assert str(whole).count("<tr>") == table.STATIC + 1 and "more rows" in str(whole)
    two = str(HeaderBrowser(CT, MR, search="imagetype").fallback()["text/html"])
    assert "changed" in two and "DERIVED" in two
    assert "No differences" in str(HeaderBrowser(CT, CT).fallback()["text/html"])


def test_values_are_escaped_in_the_stand_in() -> None:
    ds = Dataset()
    ds.PatientComments = "<img src=x onerror=alert(1)>"
    assert "<img" not in str(HeaderBrowser(ds).fallback()["text/html"])


def test_a_very_large_header_is_sent_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "EAGER", 100)
    ds = Dataset()
    ds.PatientID = "P"
    ds.PerFrameFunctionalGroupsSequence = Sequence([Dataset() for _ in range(90)])
    for n, item in enumerate(ds.PerFrameFunctionalGroupsSequence):
        item.InstanceNumber = n
    browser = HeaderBrowser(ds)
    sent: list[Any] = []
    monkeypatch.setattr(browser, "send", sent.append)
    assert not browser._table["complete"] and len(browser._table["rows"]) == 2
    browser._receive(browser, {"kind": "rows", "path": "(5200,9230)"}, [])
    assert len(sent[0]["rows"]) == 90
    browser._receive(browser, {"kind": "rows", "path": "(5200,9230)[3]"}, [])
    assert [row[4] for row in sent[1]["rows"]] == ["InstanceNumber"]
    browser._receive(browser, {"kind": "rows", "search": "instancenumber 89"}, [])
    assert [row[1] for row in sent[2]["rows"]][-1] == "(5200,9230)[89].(0020,0013)"
