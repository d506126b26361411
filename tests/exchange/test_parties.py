"""A patient's ID is one only with its issuer."""

from __future__ import annotations

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId


def test_the_same_number_of_two_issuers_is_two_patients() -> None:
    assert NORTH.patient("1001234") != LAKESIDE.patient("1001234")


@pytest.mark.parametrize("spelling", ["cx", "token"])
def test_what_is_written_is_read(spelling: str) -> None:
    patient = LAKESIDE.patient("LK-20871")
    assert PatientId.parse(getattr(patient, spelling)) == patient


@pytest.mark.parametrize(
    "cx",
    ["1001234", "1001234^^^LAKESIDE", "^^^&2.25.17&ISO", "1^^^&2.25.x&ISO", "1^^^&2.25.17&DNS",
     "urn:oid:|1", "urn:oid:2.25.17|", ""],
)  # fmt: skip
def test_an_id_without_issuer_is_refused(cx: str) -> None:
    with pytest.raises(UsageError, match=r"issuer|issued") as caught:
        PatientId.parse(cx)
    assert "CX" in caught.value.remedy


def test_no_two_oids_of_the_exchange_are_alike() -> None:
    oids = [
        oid
        for party in (NORTH, LAKESIDE)
        for oid in (party.home, party.authority, party.repository, party.images, party.source)
    ]
    assert len(set(oids)) == len(oids) == 10
