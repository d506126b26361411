"""Our converter gives what the standard says, in every case of the golden suite."""

from __future__ import annotations

import pytest

from benchmarks.golden import CASES, Case, Result, matrix, run
from benchmarks.golden.ours import Labkit
from benchmarks.golden.runner import failures
from labkit.fhir.mapping.check import check_resource

OURS = Labkit()


@pytest.mark.filterwarnings("ignore:Invalid value for VR")
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_case(case: Case) -> None:
    (result,) = run(OURS, [case])
    assert result.problem == "", f"{case.why} ({case.section})"
    (resources,) = OURS.convert_all([case])
    assert isinstance(resources, list)
    assert [str(i) for r in resources for i in check_resource(r, case.fhir)] == []


def test_there_are_enough_and_each_says_why() -> None:
    assert len(CASES) >= 60
    assert len({c.id for c in CASES}) == len(CASES)
    assert all(c.why and c.section and c.expect for c in CASES)


def test_a_converter_that_gives_nothing_passes_nothing_but_absences() -> None:
    """The suite can fail: an empty answer meets only what has to be absent."""

    class Nothing:
        name = "nothing"

        def convert_all(self, cases: object) -> list[list[dict[str, object]] | str]:
            return [[] for _ in CASES]

    results = run(Nothing(), CASES)  # type: ignore[arg-type]
    passed = [r.case.id for r in results if not r.problem]
    assert len(passed) < len(CASES) // 4


def test_the_matrix_counts_and_the_list_says_where() -> None:
    good, bad = Result(CASES[0], ""), Result(CASES[1], "wrong")
    assert "| study UID | 1 of 2 |" in matrix({"x": [good, bad]})
    assert failures([good, bad]).startswith(f"{CASES[1].id}: wrong")
