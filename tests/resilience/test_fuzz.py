"""Files that are nearly DICOM: reading them says what is wrong, or gives a header to show."""

from __future__ import annotations

import warnings
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import data as samples

from labkit.common.errors import LabkitError
from labkit.dicom import header_rows, read
from tests.effort import effort

FOLDER = Path(str(samples.__file__)).parent / "test_files"
FILES = [
    FOLDER / name
    for name in (
        "CT_small.dcm",
        "MR_small.dcm",
        "reportsi.dcm",
        "image_dfl.dcm",
        "nested_priv_SQ.dcm",
    )
]
CONTENT = [path.read_bytes()[:4000] for path in FILES]
MANY = settings(
    max_examples=effort(100, 60_000), deadline=None, suppress_health_check=list(HealthCheck)
)


def seen(content: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for force in (False, True):  # by force, a header cut short is shown as far as it goes
            try:
                ds = read(content, force=force)
            except LabkitError as error:
                assert error.message
                assert error.remedy
                continue
            for row in header_rows(ds):
                assert row.path


@MANY
@given(st.sampled_from(CONTENT), st.lists(st.tuples(st.integers(0, 3999), st.binary(max_size=8))))
def test_a_file_with_wrong_bytes(content: bytes, changes: list[tuple[int, bytes]]) -> None:
    changed = bytearray(content)
    for place, new in changes:
        changed[place : place + len(new)] = new
    seen(bytes(changed))


@MANY
@given(st.sampled_from(CONTENT), st.integers(0, 3999), st.binary(max_size=200))
def test_a_file_cut_short_and_gone_on_with(content: bytes, place: int, rest: bytes) -> None:
    seen(content[:place] + rest)


@MANY
@given(st.binary(max_size=600))
def test_a_file_of_anything(content: bytes) -> None:
    seen(content)
    seen(bytes(128) + b"DICM" + content)
