"""The façade as a part of the lab: DICOMweb of LEGACY, and what each request did over DIMSE."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from labkit.common.errors import LabError, UsageError
from labkit.common.serving import HOST
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream
from labkit.dimse import Peer, echo, find, identifier, move, store
from labkit.lab.description import Description
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.proxy.known import KnownToo
from labkit.lab.proxy.node import ProxyNode
from labkit.lab.settings import table
from labkit.pacs import EventLog

OBJECTS = {"Accept": 'multipart/related; type="application/dicom"'}


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, timeout=30)


def a_study(lab: EmbeddedLab) -> str:
    found = find(lab.legacy, identifier("STUDY", StudyInstanceUID=None))
    return str(found[0].StudyInstanceUID)


def test_it_gives_what_legacy_holds(lab: EmbeddedLab) -> None:
    held = {str(ds.SOPInstanceUID) for ds in lab.received("LEGACY")}
    mark = lab.mark()
    with lab.proxy.client() as web:
        studies = web.studies()
        shown = {
            str(ds.SOPInstanceUID)
            for study in studies
            for ds in web.instances(study.StudyInstanceUID)
        }
    assert shown == held
    study = studies[0].StudyInstanceUID
    assert get(f"{lab.proxy.url}/studies/{study}", **OBJECTS).status_code == 200
    last = lab.proxy.traces(since=mark)[-1]
    assert last["format"] == "labkit-proxy-trace/1" and last["cache"] == "miss"
    assert {step["service"] for step in last["steps"]} == {"C-FIND", "C-GET"}
    lines = str(lab.log("PROXY", since=mark))
    assert f"GET studies/{study} -> 200; cache miss" in lines and "C-GET" in lines
    assert "PROXY#" in str(lab.log("LEGACY", since=mark))
    assert study not in repr(lab.proxy)


def test_traces_count_from_a_mark(lab: EmbeddedLab) -> None:
    url = f"{lab.proxy.url}/studies?PatientName=DOE*&limit=1"
    get(url)
    mark = lab.mark()
    assert lab.proxy.traces(since=mark) == []
    get(url)
    get(url)
    assert [trace["id"] for trace in lab.proxy.traces(since=mark)] == [2, 3]
    assert [trace["id"] for trace in lab.proxy.traces(last=1)] == [3]
    assert len(lab.proxy.traces()) == 3
    assert "DOE" not in str(lab.log("PROXY")), "the log names no patient"
    assert lab.proxy.stats()["upstreams"]["LEGACY"]["requests"]["C-FIND"]["0000"] >= 3


def test_a_reset_empties_cache_and_traces(lab: EmbeddedLab) -> None:
    study, before = a_study(lab), lab.proxy.url
    for _ in range(2):
        get(f"{before}/studies/{study}", **OBJECTS)
    assert [trace["cache"] for trace in lab.proxy.traces()] == ["miss", "hit"]
    lab.reset()
    assert lab.proxy.url == before and lab.proxy.traces() == [] and lab.proxy.stats() == {}
    get(f"{before}/studies/{study}", **OBJECTS)
    assert [trace["cache"] for trace in lab.proxy.traces()] == ["miss"]


def test_the_cache_survives_its_stop(lab: EmbeddedLab) -> None:
    study, before = a_study(lab), lab.proxy.url
    get(f"{before}/studies/{study}", **OBJECTS)
    lab.stop_node("PROXY")
    with pytest.raises(httpx.ConnectError):
        get(before)
    assert not lab.whole_health()["PROXY"].healthy
    assert lab.health(), "the nodes of the story are well"
    lab.start_node("PROXY")
    assert lab.proxy.url == before and lab.whole_health()
    get(f"{before}/studies/{study}", **OBJECTS)
    assert lab.proxy.traces()[-1]["cache"] == "hit"
    lab.stop_node("PROXY")
    lab.reset()
    assert lab.whole_health()


def test_it_goes_on_where_another_program_took_its_receiving_port(tmp_path: Path) -> None:
    peer = Peer("X", HOST, 1)
    with ProxySource(ProxySettings([Upstream(peer)], cache=tmp_path / "c")) as first:
        taken = first.receive_port
        node = ProxyNode(tmp_path / "proxy", EventLog(None), lambda: peer)
        node.configure({key: setting.default for key, setting in table("PROXY").items()})
        node.receive_port = taken
        node.start()
        try:
            node.open()
            assert node.receive_port not in (0, taken)
            assert node.stats()["upstreams"].keys() == {"X"}, (
                "its cache was not held by a first try"
            )
        finally:
            node.stop()


def test_legacy_alone_knows_it_as_a_destination(lab: EmbeddedLab) -> None:
    lab.configure("PROXY", retrieve="c-move")
    study = a_study(lab)
    assert get(f"{lab.proxy.url}/studies/{study}", **OBJECTS).status_code == 200
    assert [step["service"] for step in lab.proxy.traces()[-1]["steps"]][-1] == "C-MOVE"
    assert "PROXY" not in lab.destinations()
    asked = identifier("STUDY", StudyInstanceUID=study)
    assert store(lab.archive, lab.received("LEGACY")[:1]).stored
    assert move(lab.archive, asked, "PROXY").status.code == 0xA801
    with pytest.raises(UsageError, match="own nodes"):
        lab.add_node("PROXY", "127.0.0.1", 104)


def test_it_is_set_as_any_node(lab: EmbeddedLab) -> None:
    assert lab.settings("PROXY")["retrieve"] == "auto"
    with pytest.raises(UsageError, match="retrieve"):
        lab.configure("PROXY", retrieve="wado")
    lab.configure("PROXY", trust=60)
    study = a_study(lab)
    for _ in range(2):
        get(f"{lab.proxy.url}/studies/{study}", **OBJECTS)
    assert lab.proxy.traces()[-1]["steps"] == [], "LEGACY was trusted, and not asked"
    lab.reset()
    assert lab.settings("PROXY")["trust"] == 0


def test_legacy_that_is_off_is_a_502_and_it_comes_back(lab: EmbeddedLab) -> None:
    lab.stop_node("LEGACY")
    answer = get(f"{lab.proxy.url}/studies")
    assert answer.status_code == 502 and answer.json()["remedy"]
    lab.start_node("LEGACY")
    assert get(f"{lab.proxy.url}/studies").status_code == 200


def test_it_keeps_nobody_waiting_for_its_idle_associations(lab: EmbeddedLab) -> None:
    get(f"{lab.proxy.url}/studies")
    assert lab.proxy.stats()["upstreams"]["LEGACY"]["idle"] == 1
    lines = str(lab.log("LEGACY"))
    assert "association released" in lines, "released, so that LEGACY could log its end"
    assert lab.proxy.stats()["upstreams"]["LEGACY"]["idle"] == 0


def test_health_asks_and_leaves_nothing_behind(lab: EmbeddedLab) -> None:
    assert lab.whole_health() and echo(lab.legacy).status
    assert lab.proxy.traces() == []
    assert "PROXY" not in str(lab.log("LEGACY"))
    names = [row.name for row in lab.whole_health()]
    assert names[-2:] == ["DICOMWEB", "PROXY"] and len(lab.health()) == 6


def test_it_stands_in_the_description() -> None:
    none = Description("0", 1, "u", "k", {}, "http://x/fhir")
    assert "proxy" not in none.public()
    some = Description("0", 1, "u", "k", {}, "http://x/fhir", proxy_url="http://x/dicom-web")
    assert some.public()["proxy"] == {"url": "http://x/dicom-web"}


def test_a_lab_without_one_says_so() -> None:
    from labkit.lab.proxy.verbs import EmbeddedProxy

    with pytest.raises(LabError, match="no DICOMweb"):
        EmbeddedProxy("", lambda path: None)


def test_known_too() -> None:
    all_know, one_knows = {"A": Peer("A", "h", 1)}, {"B": Peer("B", "h", 2)}
    both = KnownToo(all_know, one_knows)
    assert list(both) == ["A", "B"] and len(both) == 2 and both["B"].port == 2
    one_knows["A"] = Peer("A", "h", 3)
    assert both["A"].port == 3 and len(both) == 2 and both.get("C") is None
