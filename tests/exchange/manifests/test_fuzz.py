"""A reader of what others write never falls over: elements gone, emptied, or of another kind."""

from __future__ import annotations

import copy
import random
from datetime import datetime
from typing import Any

import pytest
from pydicom import DataElement, Dataset, config

from labkit.common.errors import DataError, LabkitError
from labkit.dicom.samples import sample
from labkit.exchange.manifests import Maker, Manifest, build, check, from_fhir, read, to_fhir, write
from labkit.exchange.manifests.shown import heading, rows, to_json

ODD = ("", "x" * 70, "1.2.3", "20269999", "-1", "\\", "\x00", "ä", "[]", "0")


def places(ds: Dataset) -> list[tuple[Dataset, Any]]:
    """Every element at every depth, with what holds it."""
    found: list[tuple[Dataset, Any]] = []
    for element in ds:
        found.append((ds, element.tag))
        if element.VR == "SQ":
            for item in element.value:
                found += places(item)
    return found


@pytest.fixture(scope="module")
def documents() -> list[Dataset]:
    when = datetime(2026, 1, 15, 8)
    maker = Maker(
        institution="A", timezone="+0100", patient_authority="2.25.1", accession_authority="2.25.2"
    )
    chest = sample("ct-chest").datasets()
    few = [ds for n, ds in enumerate(chest) if n % 8 == 0 or ds.Modality != "CT"]
    return [build(few, "xds-i.b", maker=maker, when=when), sample_mado(few, when)]


def sample_mado(few: list[Dataset], when: datetime) -> Dataset:
    from labkit.exchange.parties import NORTH

    return build(few, "mado", maker=Maker.of(NORTH, url="http://x"), when=when)


@pytest.mark.parametrize("seed", range(120))
def test_a_damaged_document_is_read_or_refused(seed: int, documents: list[Dataset]) -> None:
    chance = random.Random(seed)
    ds = copy.deepcopy(documents[seed % 2])
    for _ in range(chance.randint(1, 6)):
        holder, tag = chance.choice(places(ds))
        if tag not in holder:
            continue
        act = chance.randrange(4)
        if act == 0:
            del holder[tag]
        elif act == 1:
            holder[tag] = DataElement(tag, "LO", chance.choice(ODD), config.IGNORE)
        elif act == 2:
            holder[tag] = DataElement(tag, "SQ", [Dataset()])
        else:
            holder[tag] = DataElement(tag, holder[tag].VR, None, config.IGNORE)
    try:
        told = read(ds)
    except DataError:
        return
    used(told)


def used(told: Manifest) -> None:
    """Do with it what programs do."""
    check(told), check(told, "mado"), heading(told), rows(told), to_json(told), str(told)
    try:
        again = from_fhir(to_fhir(told))
    except LabkitError:
        assert not told.study_uid
        return
    assert set(again.instance_uids) <= set(told.instance_uids)


def nodes(value: Any) -> list[tuple[Any, Any]]:
    """Every member of an object and element of a list, at every depth."""
    found: list[tuple[Any, Any]] = []
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, inner in pairs:
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            found += nodes(inner)
    return found


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_fhir_document_is_read_or_refused(seed: int, documents: list[Dataset]) -> None:
    chance = random.Random(seed)
    bundle = copy.deepcopy(to_fhir(read(documents[1])))
    for _ in range(chance.randint(1, 5)):
        holder, key = chance.choice(nodes(bundle))
        if isinstance(holder, list) and key >= len(holder):
            continue
        holder[key] = chance.choice([None, "x", 3, -1, True, [], {}, ["x"], {"x": 1}, "urn:oid:1"])
    try:
        told = from_fhir(bundle)
    except DataError:
        return
    used(told)
    try:
        again = read(write(told))
    except LabkitError:
        return
    assert set(again.instance_uids) <= set(told.instance_uids)
