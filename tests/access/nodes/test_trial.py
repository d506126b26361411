"""The table of measures and attackers, by running it; and that the page has it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.access.nodes.measures import MEASURES
from labkit.access.nodes.trial import ATTACKERS, ELSEWHERE, Outcomes, run_trials
from labkit.common.errors import UsageError

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    try:
        return run_trials(tmp_path_factory.mktemp("trial"))
    except UsageError as error:
        if ELSEWHERE in error.message:
            pytest.skip(error.message)
        raise


def test_without_any_measure_every_attacker_succeeds(outcomes: Outcomes) -> None:
    got = {each.attacker: each.got for each in outcomes if each.measure == "nothing"}
    assert set(got) == set(ATTACKERS) and all(got.values()), got


def test_each_measure_stops_what_it_is_for_and_no_more(outcomes: Outcomes) -> None:
    let_in = {
        measure.name: [a for a in ATTACKERS if not _of(outcomes, measure.name, a)]
        for measure in MEASURES
    }
    title, elsewhere, sniffer, replay, false, other, stolen, taken = ATTACKERS
    assert let_in["AE title"] == [elsewhere, sniffer, replay, false, other, stolen, taken]
    assert let_in["AE title, address"] == [sniffer, false, taken]
    assert let_in["AE title, passcode, no TLS"] == [sniffer, replay, false, taken]
    assert let_in["AE title, TLS of the server"] == [elsewhere, other, stolen, taken]
    assert let_in["AE title, mutual TLS"] == [other, stolen, taken]
    assert let_in["AE title, mutual TLS, its own certificate"] == [stolen, taken]
    assert let_in["the same, theft noticed"] == [taken]
    assert let_in["all, with address and passcode"] == [taken]
    assert title not in {name for names in list(let_in.values())[1:] for name in names}


def test_the_page_has_the_table_as_it_is(outcomes: Outcomes) -> None:
    page = (ROOT / "docs" / "security" / "nodes.md").read_text("utf-8")
    assert outcomes.to_markdown() in page
    assert "<table>" in outcomes._repr_html_()


def test_an_attacker_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no attacker"):
        run_trials(tmp_path, attackers=["quantum computer"])


def _of(outcomes: Outcomes, measure: str, attacker: str) -> bool:
    return next(o for o in outcomes if (o.measure, o.attacker) == (measure, attacker)).stopped
