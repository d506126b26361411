"""NetworkMap: what it shows is what the network says, and a click does what the verb does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.network import Network, example, picture, read_design, regional, write_design
from labkit.widgets import NetworkMap
from labkit.widgets.network_map.layout import HEIGHT, WIDTH, places


class Fake:
    """A network that has been told what to do."""

    def __init__(self) -> None:
        self.design = example("three_federated")
        self.dead: set[str] = set()
        self.cut_lines: set[str] = set()

    def picture(self) -> dict[str, Any]:
        return picture(self.design, dead=self.dead, cut=self.cut_lines)

    def kill(self, name: str) -> None:
        self.dead.add(name)

    def revive(self, name: str) -> None:
        self.dead.discard(name)

    def cut(self, name: str) -> None:
        self.cut_lines.add(name)

    def mend(self, name: str) -> None:
        raise UsageError("The digger is still there.", remedy="Wait.")


def flows(shown: NetworkMap) -> list[tuple[str, str, str, list[str]]]:
    return [(f["kind"], f["from"], f["to"], f["links"]) for f in shown.picture["flows"]]


def test_a_design_is_shown() -> None:
    shown = NetworkMap(example("three_centralised"))
    assert repr(shown) == "NetworkMap(4 sites, 3 lines)"
    assert shown.down == [] and not shown.watching
    html = str(shown.fallback()["text/html"])
    assert "Three sites, one archive (centralised)" in html
    assert "north; harbour; lakeside" in html
    with pytest.raises(UsageError, match="changes nothing"):
        shown.act("kill", "north")


def test_clicks_act_on_the_network() -> None:
    network = Fake()
    shown = NetworkMap(network)
    assert shown.watching
    shown.stop()
    shown._receive(shown, {"kind": "act", "act": "kill", "name": "north"}, [])
    shown.act("cut", "harbour-lakeside")
    assert (network.dead, network.cut_lines) == ({"north"}, {"harbour-lakeside"})
    assert shown.asked == {"act": "cut", "name": "harbour-lakeside"}
    shown.append(network.picture())
    assert shown.down == ["north", "harbour-lakeside"]
    assert shown.summary() == "3 sites, 3 lines, down: north, harbour-lakeside"
    assert "lakeside (cut)" in str(shown.fallback()["text/html"])


def test_what_goes_wrong_is_told_to_the_view() -> None:
    shown = NetworkMap(Fake())
    shown.stop()
    sent: list[Any] = []
    shown.send = lambda content, *more: sent.append(content)  # type: ignore[method-assign]
    for act, name in (("mend", "north-harbour"), ("burn", "north"), ("kill", "north-harbour")):
        shown._receive(shown, {"kind": "act", "act": act, "name": name}, [])
    assert [each["message"] for each in sent] == [
        "The digger is still there.",
        "There is no 'burn' on a map.",
        "There is no site north-harbour.",
    ]  # fmt: skip
    assert shown.asked == {}


def test_it_follows_a_network_that_runs_and_ends_with_it() -> None:
    design = example("three_federated")
    with Network(design) as network:
        shown = NetworkMap(network)
        shown.act("kill", "harbour")
        network.fetch(at="lakeside", study=network.find(at="north", patient="NG-100231")[0].study)
        until = time.monotonic() + 10
        wanted = ("GET", "lakeside", "north", ["north-lakeside"])
        while time.monotonic() < until and not (shown.down and wanted in flows(shown)):
            time.sleep(0.02)
        assert shown.down == ["harbour"]
        assert wanted in flows(shown)
    until = time.monotonic() + 10
    while time.monotonic() < until and shown.watching:
        time.sleep(0.02)
    assert not shown.watching and "does not run" in shown.problem


@pytest.mark.parametrize("wrong", [3, {"format": "x"}, {}, lambda: {"format": "labkit-network/1"}])
def test_what_is_no_picture_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"picture"):
        NetworkMap(wrong)


@pytest.mark.parametrize("style", ["centralised", "federated"])
@pytest.mark.parametrize("count", [2, 10, 60])
def test_sites_stand_apart_and_inside(style: str, count: int) -> None:
    sites = picture(regional(count, style))["sites"]
    found = places(sites)
    assert len(set(found.values())) == len(sites)
    for x, y in found.values():
        assert 80 <= x <= WIDTH - 80 and 40 <= y <= HEIGHT - 50
    assert found == places(sites)


def test_names_are_text() -> None:
    text = write_design(example("three_federated")).replace("Lakeside Clinic", "<script>")
    html = str(NetworkMap(read_design(text)).fallback()["text/html"])
    assert "<script>" not in html
