"""Each attack gets through a naive de-identifier, and none through ours."""

import hashlib
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.deid.attack import Planted, Row, attack, attacks, build
from labkit.deid.attack.targets import ours
from labkit.dicom import read

pytestmark = pytest.mark.filterwarnings("ignore")

#: What ours does not give out at all, so that there is nothing to attack: an object that no reader
#: gets to the end of, and a screenshot with text where no rule says that there is any.
NOT_GIVEN_OUT = {"trailing-bytes", "burned-in-capture"}


def test_there_are_many_and_their_names_are_unique() -> None:
    names = [one.name for one in attacks()]
    assert len(names) >= 30
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [one.name for one in attacks()])
def test_it_succeeds_on_a_naive_de_identifier(
    name: str, naive_rows: dict[str, dict[str, Row]]
) -> None:
    (one,) = attacks([name])
    row = naive_rows[one.proof][name]
    assert row.succeeded
    assert row.found


def test_hashes_without_a_key_and_one_shift_for_all_are_told_from_nothing(
    naive_rows: dict[str, dict[str, Row]],
) -> None:
    assert not naive_rows["naive"]["hashed-ids"].succeeded
    assert not naive_rows["naive"]["hashed-uids"].succeeded
    assert "31 days" in naive_rows["hashing"]["date-shift"].found.replace("-31", "31")


def test_none_succeeds_on_ours(planted: Planted, released: Path) -> None:
    rows = attack(planted, released, "ours")
    assert [(row.name, row.found) for row in rows if row.succeeded] == []
    assert {row.name for row in rows if not row.tried} == NOT_GIVEN_OUT


def test_ours_gives_out_what_can_be_given_out(planted: Planted, released: Path) -> None:
    out = [read(path) for path in released.rglob("*.dcm")]
    given = {slug for slug, one in planted.carriers.items() if any(map(one.of, out))}
    assert set(planted.carriers) - given == {"tail", "capture"}
    assert sum(ds.Modality in ("CT", "MR") for ds in out) == 54
    assert list(released.rglob("*.json"))


def test_options_that_clean_text_leave_no_name(planted: Planted, tmp_path: Path) -> None:
    options = (
        "clean-descriptors", "clean-structured-content", "clean-graphics", "retain-safe-private",
        "retain-modified-dates", "retain-institution-identity", "retain-device-identity",
    )  # fmt: skip
    ours(planted.folder, tmp_path / "out", options=options)
    kept = {  # by these options (PS3.15 E.3.6, E.3.8, E.3.11), and nothing else
        "time-of-day", "institution", "station-name", "device-serial", "detector-serial",
    }  # fmt: skip
    names = [one.name for one in attacks() if one.group != "Pixels" and one.name not in kept]
    rows = attack(planted, tmp_path / "out", "ours", names)
    assert [(row.name, row.found) for row in rows if row.succeeded] == []


def test_the_same_seed_is_the_same_study(planted: Planted, tmp_path: Path) -> None:
    again = build(tmp_path / "again")
    assert [_digest(path) for path in again.files] == [_digest(path) for path in planted.files]
    other = build(tmp_path / "other", seed=8)
    assert other.plants.patient_id != planted.plants.patient_id


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_given_out_is_not_nothing_found(planted: Planted, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing that could be attacked"):
        attack(planted, tmp_path, "empty")


def test_an_unknown_attack_is_refused() -> None:
    with pytest.raises(UsageError, match="no attack called"):
        attacks(["no-such"])
