import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from labkit.common.errors import DimseError, UsageError
from labkit.dimse import Status


@pytest.mark.parametrize(
    ("code", "service", "text", "category", "section"),
    [
        (0x0000, "C-ECHO", "0x0000 Success", "Success", "PS3.7 9.1.5.1.4"),
        (0xA801, "C-MOVE", "0xA801 Move destination unknown", "Failure", "PS3.4 C.4.2.1.5"),
        (0xA801, "", "0xA801 Move destination unknown", "Failure", "PS3.4 C.4.2.1.5"),
        (0xA700, "C-STORE", "0xA700 Refused: Out of Resources", "Failure", "PS3.4 B.2.3"),
        (0xA7FF, "C-STORE", "0xA7FF Refused: Out of Resources", "Failure", "PS3.4 B.2.3"),
        (0xB000, "C-STORE", "0xB000 Coercion of Data Elements", "Warning", "PS3.4 B.2.3"),
        (0xB000, "C-MOVE", "0xB000 Sub-operations completed, one or more failures", "Warning",
         "PS3.4 C.4.2.1.5"),
        (0xFE00, "C-FIND", "0xFE00 Cancel", "Cancel", "PS3.4 C.4.1.1.4"),
        (0x0122, "C-STORE", "0x0122 Refused: SOP Class Not Supported", "Failure", "PS3.7 C"),
        (0x0111, "C-STORE", "0x0111 Duplicate SOP Instance", "Failure", "PS3.7 C"),
        (0x0131, "COMMITMENT", "0x0131 Duplicate transaction UID", "Failure", "PS3.7 C"),
        (0x4242, "C-FIND", "0x4242 not a listed status", "Failure", "PS3.4 C.4.1.1.4"),
        (0xC123, "", "0xC123 Failure", "Failure", "PS3.7 C"),
    ],
)  # fmt: skip
def test_words(code: int, service: str, text: str, category: str, section: str) -> None:
    status = Status(code, service)
    assert (str(status), status.category) == (text, category)
    assert str(status.section) == section
    assert bool(status) is (category in ("Success", "Warning", "Pending"))


def test_it_is_its_code() -> None:
    status = Status(0xFF00, "C-FIND")
    assert status == 0xFF00 == int(status)
    assert status == Status(0xFF00)
    assert status != 0x0000
    assert hash(status) == hash(0xFF00)
    assert f"{status.code:04X}" == "FF00"
    assert repr(status) == "<Status 0xFF00 Matches are continuing, current match supplied>"


def test_raise_for_status() -> None:
    Status(0xB000, "C-STORE").raise_for_status("C-STORE")
    ds = Dataset()
    ds.Status, ds.ErrorComment = 0xA900, "Rows is missing"
    with pytest.raises(DimseError, match=r"C-STORE ended with 0xA900.*Rows is missing"):
        Status.of(ds, "C-STORE").raise_for_status("C-STORE")


@pytest.mark.parametrize("code", ["0xA801", None, True, -1, 0x10000, 1.0])
def test_what_is_no_status(code) -> None:
    with pytest.raises(UsageError):
        Status(code)


@given(st.integers(0, 0xFFFF), st.sampled_from(["", "C-STORE", "C-GET", "MPPS", "X"]))
def test_every_code_has_words(code: int, service: str) -> None:
    status = Status(code, service)
    assert status.category in ("Success", "Pending", "Cancel", "Warning", "Failure")
    assert status.text
    assert status.section.url
