"""The experiment on real nodes: what is counted is what the documentation says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.experiment import (
    STAR,
    STYLES,
    Tried,
    attempt,
    experiment,
    published,
    styled,
    whole,
    work_for,
    workload,
)
from labkit.exchange.experiment.document import DATA, PAGE, write
from labkit.exchange.experiment.report import report
from labkit.exchange.network import Network

ROOT = Path(__file__).parents[3]
KEPT: dict[str, Any] = published()
_BYTES = ("wan_bytes", "store_bytes", "read_bytes", "disk_bytes", "made_bytes")


@pytest.fixture(scope="module")
def tried() -> dict[str, Tried]:
    return experiment(3)


@pytest.mark.parametrize("style", STYLES)
def test_the_page_says_what_a_run_counts(tried: dict[str, Tried], style: str) -> None:
    said = KEPT["sites"]["3"]["styles"][style]
    now = json.loads(json.dumps(tried[style].to_json()))
    for name in _BYTES:
        assert now.pop(name) == pytest.approx(said[name], rel=0.02, abs=0), name
    assert now == {key: value for key, value in said.items() if key not in _BYTES}


def test_the_page_is_made_of_the_data(tmp_path: Path) -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == report(KEPT)
    (tmp_path / PAGE).parent.mkdir()
    with pytest.raises(UsageError, match="no folder labkit/exchange/experiment here"):
        write(KEPT, tmp_path)
    (tmp_path / DATA).parent.mkdir(parents=True)
    for path in write(KEPT, tmp_path):
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path)).read_bytes()


def test_nothing_fails_while_nothing_is_dead(tried: dict[str, Tried]) -> None:
    for one in tried.values():
        assert one.measured.failed == 0
        (healthy,) = (case for case in one.survived if case.what == "nothing")
        assert (healthy.listed, healthy.whole, healthy.own_whole) == (
            healthy.due, healthy.due, healthy.own_due,
        )  # fmt: skip
        assert healthy.due > 0


def test_what_each_style_is_known_for(tried: dict[str, Tried]) -> None:
    """Each sentence of the lesson, as a number."""
    central, hybrid, mesh, star = (tried[style] for style in STYLES)
    assert central.measured.store_bytes > central.measured.made_bytes
    assert hybrid.measured.store_bytes < central.measured.store_bytes / 10
    assert mesh.measured.store_bytes == 0
    assert star.measured.messages == mesh.measured.messages  # the style is the same
    assert star.measured.wan_bytes == pytest.approx(2 * mesh.measured.wan_bytes, rel=0.02)

    def lost(one: Tried, what: str) -> float:
        cases = [case for case in one.survived if case.what == what]
        return 1 - sum(case.whole for case in cases) / sum(case.due for case in cases)

    assert lost(mesh, "line") == 0 < lost(star, "line")
    assert lost(central, "hospital") == 0 < lost(hybrid, "hospital")
    assert lost(central, "centre") > lost(hybrid, "centre") > 0
    no_centre = {
        style: next(case for case in one.survived if case.what == "centre")
        for style, one in tried.items()
        if style != "federated"
    }
    assert no_centre["centralised"].own_whole == 0
    assert no_centre["hybrid"].own_whole == no_centre["hybrid"].own_due
    assert all(case.unaware == 0 for one in tried.values() for case in one.survived)


def test_what_leaks_where(tried: dict[str, Tried]) -> None:
    centre = {style: tried[style].leaks[0] for style in ("centralised", "hybrid")}
    for leak in centre.values():
        assert leak.role == "centre"
        assert leak.on_disk == leak.strangers > 0
    assert centre["centralised"].images_on_disk == centre["centralised"].strangers
    assert centre["hybrid"].images_on_disk == 0
    for style in ("federated", STAR):
        assert all(leak.images_on_disk == 0 for leak in tried[style].leaks)
        assert sum(leak.searched_for for leak in tried[style].leaks) > 0
    hospitals = [leak for leak in tried["centralised"].leaks if leak.role == "hospital"]
    assert all((leak.doors, leak.images_collected) == (1, leak.strangers) for leak in hospitals)


def test_a_workload_is_drawn_once_for_all() -> None:
    names = ["hospital01", "hospital02", "hospital03"]
    one, other = workload(names, studies=9), workload(names, studies=9)
    assert one == other != workload(names, studies=9, seed=14)
    assert one.count("acquire") == len(one.studies) == 9
    assert len({study.uid for study in one.studies}) == 9
    made = {(study.patient, study.uid, study.site) for study in one.studies}
    for step in one.steps:
        assert (step.study.patient, step.study.uid, step.study.site) in made
        if step.kind == "prior":
            assert step.study in one.elsewhere(step.site)
    objects = one.studies[2].datasets()
    assert len(objects) == one.studies[2].objects == 4
    assert {ds.PatientID for ds in objects} == {one.studies[2].patient}
    assert len({ds.SOPInstanceUID for ds in objects}) == 4
    assert all(ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID for ds in objects)


@pytest.mark.parametrize("wrong", [{"studies": 0}, {"priors": -1}, {"away": 2}])
def test_a_workload_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        workload(["a", "b"], **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="two hospitals"):
        workload(["a"])
    with pytest.raises(UsageError, match="no style mixed"):
        styled("mixed")


def test_a_study_of_which_a_part_is_gone_is_not_whole() -> None:
    work = work_for(2, 3)
    study = next(study for study in work.studies if study.objects > 1)
    other = next(name for name in ("hospital01", "hospital02") if name != study.site)
    with Network(styled("federated", 2, mbit=0, ms=0)) as network:
        network.acquire(study.site, study.datasets())
        assert whole(network, other, study)
        network.site(study.site).forget([str(study.datasets()[0].SOPInstanceUID)])
        assert not whole(network, other, study)
        network.kill(study.site)
        assert not whole(network, other, study)


def test_one_style_by_itself_is_the_same() -> None:
    work = work_for(2, 4)
    one, other = (attempt("hybrid", 2, work, each=1) for _ in range(2))
    assert one.leaks == other.leaks
    assert one.survived == other.survived
    assert one.measured.messages == other.measured.messages
