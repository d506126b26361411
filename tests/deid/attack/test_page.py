"""The table in docs/security.md is of these attacks, and a bench attacks functions and profiles."""

import re
from pathlib import Path

import pytest

from benchmarks.attacks import BEGIN, END, PAGE, put
from labkit.common.errors import UsageError
from labkit.deid import Profile
from labkit.deid.attack import attacks
from labkit.deid.attack.bench import Bench

pytestmark = pytest.mark.filterwarnings("ignore")


def rows() -> dict[str, list[str]]:
    section = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    found = re.findall(r"^\| `([a-z0-9-]+)`[^|]*\|([^|]*)\|(.*)\|$", section, re.MULTILINE)
    return {name: [what.strip(), *map(str.strip, cells.split("|"))] for name, what, cells in found}


def test_the_page_has_each_attack_as_it_is_now() -> None:
    known = rows()
    assert list(known) == [one.name for group in _groups() for one in group]
    assert {name: cells[0] for name, cells in known.items()} == {a.name: a.what for a in attacks()}


def _groups() -> list[list]:
    found: dict[str, list] = {}
    for one in attacks():
        found.setdefault(one.group, []).append(one)
    return list(found.values())


def test_none_succeeds_on_ours_on_the_page() -> None:
    assert {cells[-1] for cells in rows().values()} <= {"no", "–"}


def test_the_section_is_replaced_and_nothing_else() -> None:
    page = f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    assert put(page, "new") == f"before\n\n{BEGIN}\nnew\n{END}\n\nafter\n"
    assert put("before\n", "new") == f"before\n\n{BEGIN}\nnew\n{END}\n"


def test_a_bench_attacks_what_it_is_given(tmp_path: Path) -> None:
    bench = Bench()
    names = ["patient-id", "sr-text"]
    assert bench.attack(lambda ds: ds, names).succeeded == names
    assert bench.attack("copy", names).succeeded == names
    assert bench.attack(Profile(), names).succeeded == []
    assert repr(bench.attack(lambda ds: ds, names)) == (
        "2 of 2 attacks succeeded\npatient-id, sr-text"
    )
    (radiograph,) = bench.objects("radiograph")
    assert radiograph.PatientID == bench.planted.plants.patient_id
    with pytest.raises(UsageError, match="no object called"):
        bench.objects("x-ray")
    with pytest.raises(UsageError, match="nothing that could be attacked"):
        bench.attack(lambda ds: None, names)
