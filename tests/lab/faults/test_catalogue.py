"""Every fault: broken, seen, cleared, and nothing left of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.lab.enterprise import Enterprise
from labkit.lab.faults.case import VAGUE
from labkit.lab.faults.catalogue import FAULTS, fault
from labkit.lab.faults.client import Faults, catalogue
from labkit.lab.faults.model import LAYERS
from labkit.lab.settings import MODALITIES, table


def picture(enterprise: Enterprise) -> dict[str, Any]:
    """Return all that a fault may change, and that clearing it has to bring back."""
    floor = enterprise.floor
    return {
        "settings": {n: floor.settings(n) for n in (*enterprise.addresses(), *MODALITIES)},
        "addresses": enterprise.addresses(),
        "destinations": enterprise.destinations(),
        "running": enterprise.running(),
        "hung": floor.hung,
        "down": floor.down,
        "unlisted": floor.unlisted,
        "objects": {
            name: sorted(o["SOPInstanceUID"] for o in enterprise.objects(name))
            for name in ("ARCHIVE", "LEGACY", "ROUTER")
        },
    }


@pytest.mark.parametrize("name", FAULTS)
def test_broken_seen_cleared_and_nothing_left(enterprise: Enterprise, name: str) -> None:
    again = FAULTS[name].again
    before = picture(enterprise)
    enterprise.faults.inject(name)
    assert enterprise.faults.public() == {"active": [name], "unannounced": 0, "beyond": []}
    (trial,) = enterprise.faults.repaired()
    assert trial["name"] == name
    assert not trial["ok"], "the fault has to be seen in the work"
    assert trial["said"]
    assert enterprise.addresses() == before["addresses"], "a fault never moves a port"
    enterprise.faults.clear()
    assert enterprise.faults.public() == {"active": [], "unannounced": 0, "beyond": []}
    assert picture(enterprise) == before
    trial_after = again(enterprise.faults.world)
    if FAULTS[name].who != "WORKSTN" and FAULTS[name].layer != "data":
        assert trial_after.ok, trial_after.said
    enterprise.faults.clear()


def test_which_of_them_act_before_products_too() -> None:
    embedded_alone = {row["name"] for row in catalogue() if row["backends"] == ["embedded"]}
    assert embedded_alone == {
        "slow-archive", "class-refused", "storage-full", "a700-without-full-disk",
        "attributes-coerced", "keys-missing", "commitment-unanswered",
    }  # fmt: skip
    assert all(row["backends"][0] == "embedded" for row in catalogue())


def test_the_embedded_lab_can_have_each(enterprise: Enterprise) -> None:
    faults = Faults(lambda method, path: enterprise.faults.public())
    assert all(faults.acts(name) for name in FAULTS)


def test_there_are_all_27_of_the_catalogue_and_more() -> None:
    assert len(FAULTS) >= 27
    assert {f.layer for f in FAULTS.values()} == set(LAYERS)
    assert [f.layer for f in FAULTS.values()] == sorted(
        (f.layer for f in FAULTS.values()), key=LAYERS.index
    )


@pytest.mark.parametrize("name", FAULTS)
def test_each_says_what_it_is(name: str) -> None:
    each = FAULTS[name]
    shown = each.public()
    assert all(shown.values())
    json.dumps(shown)
    assert each.who in VAGUE
    assert each.evidence
    assert each.settings or each.act or each.lasting
    for node, values in each.settings.items():
        for key, value in values.items():
            table(node)[key].check(value)
    for words in ("cause", "look", "complaint"):
        assert shown[words].endswith((".", ".)")), words


def test_the_list_needs_no_lab_and_is_a_table() -> None:
    found = catalogue()
    assert len(found) == len(FAULTS) and found[0]["name"] == "service-down"
    assert repr(found).splitlines()[0].split()[:3] == ["network", "1", "service-down"]


def test_an_unknown_fault_is_named_with_those_that_are_close(enterprise: Enterprise) -> None:
    with pytest.raises(UsageError, match="no fault 'wrong-prt'") as caught:
        fault("wrong-prt")
    assert "wrong-port" in caught.value.remedy
    with pytest.raises(UsageError, match="no fault"):
        enterprise.faults.inject("")


def test_earlier_examinations_are_put_aside_and_come_back(enterprise: Enterprise) -> None:
    done = enterprise.floor.examine("MR1")
    archive = enterprise.cast.archives["ARCHIVE"]
    files = {u: archive.objects.path(u).read_bytes() for u in done.sop_instance_uids}
    enterprise.faults.inject("clock-ahead")
    assert not any(archive.get(uid) for uid in files)
    enterprise.faults.clear()
    assert {uid: archive.objects.path(uid).read_bytes() for uid in files} == files
    assert all(archive.get(uid) for uid in files)
    assert not enterprise.workspace.aside.exists()
    enterprise.floor.withdraw("ARCHIVE", files)
