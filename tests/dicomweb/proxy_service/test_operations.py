"""What an operator sees: the journal, the metrics, health and readiness."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from labkit.dicomweb.proxy.service.health import Probe
from labkit.dicomweb.proxy.service.journal import Journal, JsonHandler, clean_path, clean_query
from tests.contract.pacs.cases import small, studies, uid
from tests.dicomweb.proxy.conftest import StartPacs
from tests.dicomweb.proxy_service.conftest import (
    Serve,
    Served,
    bearer,
    client_section,
    pacs_section,
)

WHOLE = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
OPEN = "[clients]\nopen = true\n"
NETWORK = 'port = 8080\nbind = "0.0.0.0"\nbase_url = "https://images.example.org/dicom-web"\n'


def metrics(served: Served, **headers: str) -> dict[tuple[str, ...], float]:
    """Sample name and label values → value, as Prometheus reads the page."""
    answer = served.web.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "le")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_line_a_request_and_no_patient_in_it(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(*studies())
    served = serve(pacs_section(behind.peer), client_section("ai"))
    served.web.get("/dicom-web/studies?PatientName=Contract^Adam&limit=5", headers=bearer("ai"))
    served.web.get(f"/dicom-web/studies/{uid(1)}", headers={**WHOLE, **bearer("ai")})
    served.web.get("/dicom-web/studies/Contract^Adam", headers=bearer("ai"))
    served.web.get("/dicom-web/Contract^Adam?Contract^Adam=1", headers=bearer("ai"))
    search, retrieve, bad, _ = served.lines
    assert search["client"] == "ai" and search["query"] == ["PatientName", "limit"]
    assert search["path"] == "/dicom-web/studies" and search["status"] == 200
    assert retrieve["cache"] == "miss" and retrieve["pacs"] == ["LEGACY"]
    assert retrieve["bytes"] > 1000 and retrieve["seconds"] > 0
    assert [line["id"] for line in served.lines] == [1, 2, 3, 4]
    assert (bad["status"], bad["path"], bad["level"]) == (400, "/dicom-web/studies/*", "warning")
    said = served.out.getvalue()
    assert "Adam" not in said and "token-of-ai" not in said


def test_what_failed_is_told_in_words(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    served = serve(pacs_section(behind.peer), OPEN)
    behind.node.stop()
    assert served.web.get("/dicom-web/studies").status_code == 502
    line = served.lines[-1]
    assert line["level"] == "error" and line["dimse"][0]["pacs"] == "LEGACY"
    assert line["dimse"][0]["meaning"]


def test_the_metrics_count(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    behind.hold(*studies())
    served = serve(pacs_section(behind.peer), client_section("ai"))
    served.web.get("/dicom-web/studies")
    for _ in range(2):
        served.web.get(f"/dicom-web/studies/{uid(1)}", headers={**WHOLE, **bearer("ai")})
    served.web.request("BREW", "/dicom-web/studies", headers=bearer("ai"))
    found = metrics(served)
    assert found["labkit_proxy_requests_total", "GET", "401"] == 1
    assert found["labkit_proxy_requests_total", "GET", "200"] == 2
    assert found["labkit_proxy_requests_total", "other", "405"] == 1
    assert found["labkit_proxy_request_seconds_count", "GET"] == 3
    assert found["labkit_proxy_dimse_operations_total", "LEGACY", "C-GET", "0000"] == 1
    assert found["labkit_proxy_dimse_operations_total", "LEGACY", "C-FIND", "0000"] > 1
    assert found["labkit_proxy_cache_objects_asked_total", "miss"] == 3
    assert found["labkit_proxy_cache_objects_asked_total", "hit"] == 3
    assert found["labkit_proxy_cache_objects",] == 3 and found["labkit_proxy_cache_bytes",] > 0
    assert found["labkit_proxy_associations", "LEGACY"] >= 1
    assert found["labkit_proxy_breaker_state", "LEGACY", "closed"] == 1
    assert found["labkit_proxy_retrieves_started_total",] == 1
    page = served.web.get("/metrics").text
    for word in ("ai", uid(1), "CONTRACT1"):
        assert f'"{word}"' not in page


def test_the_page_names_every_metric(pacs: StartPacs, serve: Serve) -> None:
    page = (Path(__file__).parents[3] / "docs/proxy.md").read_text(encoding="utf-8")
    for family in text_string_to_metric_families(
        serve(pacs_section(pacs().peer)).web.get("/metrics").text
    ):
        short = re.sub("labkit_proxy_|cache_|associations_|^retrieves_", "", family.name)
        assert short in page, family.name


def test_the_breaker_is_seen(pacs: StartPacs, serve: Serve) -> None:
    behind = pacs()
    served = serve(pacs_section(behind.peer), OPEN)
    behind.node.stop()
    seen = [served.web.get("/dicom-web/studies").status_code for _ in range(7)]
    assert seen[0] == 502 and seen[-1] == 503
    assert metrics(served)["labkit_proxy_breaker_state", "LEGACY", "open"] == 1


def test_on_a_network_the_metrics_want_their_own_client(pacs: StartPacs, serve: Serve) -> None:
    served = serve(
        pacs_section(pacs().peer), client_section("ai"),
        client_section("prometheus", acts=["metrics"]), proxy=NETWORK,
    )  # fmt: skip
    assert served.web.get("/metrics").status_code == 401
    assert served.web.get("/metrics", headers=bearer("ai")).status_code == 403
    assert metrics(served, **bearer("prometheus"))
    assert served.web.get("/dicom-web/studies", headers=bearer("prometheus")).status_code == 403


def test_alive_and_ready(pacs: StartPacs, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.dicomweb.proxy.service.health.FRESH", 0.0)
    first, second = pacs("FIRST"), pacs("SECOND")
    served = serve(pacs_section(first.peer), pacs_section(second.peer))
    assert served.web.get("/health").json() == {"alive": True}
    ready = served.web.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["pacs"] == {"FIRST": "ok", "SECOND": "ok"}
    second.node.stop()
    ready = served.web.get("/ready")
    assert ready.status_code == 200, "a part of it is there"
    assert ready.json()["pacs"] == {"FIRST": "ok", "SECOND": "does not answer"}
    first.node.stop()
    assert served.web.get("/ready").status_code == 503
    assert served.web.get("/health").status_code == 200
    events = [(line["event"], line["pacs"]) for line in served.lines]
    assert events == [("pacs lost", "SECOND"), ("pacs lost", "FIRST")]
    first.node.start(first.peer.port)
    assert served.web.get("/ready").status_code == 200
    assert served.lines[-1]["event"] == "pacs found"
    served.facade.stopping = True
    assert served.web.get("/ready").status_code == 503


def test_probes_are_no_load_for_a_pacs(pacs: StartPacs) -> None:
    behind, now = pacs(), [0.0]
    probe = Probe({"LEGACY": behind.peer}, "PROXY", lambda: now[0])

    def echoes() -> int:
        return sum("C-ECHO" in line for line in behind.log.lines())

    assert all(probe.ask() for _ in range(20)) and echoes() == 1
    now[0] = 6.0
    assert probe.ask() and echoes() == 2


def test_a_hook_that_fails_lets_nothing_leave(
    pacs: StartPacs, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "ours_for_the_test.py").write_text(
        "def pseudonymise(ds):\n"
        "    if 'PatientID' in ds:\n        ds.PatientID = 'P-' + str(ds.PatientID)\n"
        "    if 'PatientName' in ds:\n        ds.PatientName = 'NN'\n"
        "    return ds\n"
        "def broken(ds):\n    raise RuntimeError('Contract^Adam')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    behind = pacs()
    behind.hold(small(1))
    good = serve(
        pacs_section(behind.peer), OPEN,
        proxy='port = 8080\nhooks = ["ours_for_the_test:pseudonymise"]\n',
    )  # fmt: skip
    for path in ("/dicom-web/studies", f"/dicom-web/studies/{uid(1)}/metadata"):
        (row,) = good.web.get(path).json()
        assert row["00100020"]["Value"] == ["P-CONTRACT1"]
    bad = serve(
        pacs_section(behind.peer), OPEN, "[cache]\nfolder = 'other'\n",
        proxy='port = 8080\nhooks = ["ours_for_the_test:broken"]\n',
    )  # fmt: skip
    for path in ("/dicom-web/studies", f"/dicom-web/studies/{uid(1)}/metadata"):
        answer = bad.web.get(path)
        assert answer.status_code == 500 and "CONTRACT1" not in answer.text
    assert "Adam" not in bad.out.getvalue()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/dicom-web/studies/1.2.3/series/4/instances/5.6/frames/1,2",) * 2,
        ("/dicom-web/studies/1.2/bulkdata/7FE00010",) * 2,
        ("/dicom-web/studies/DOE^JOHN", "/dicom-web/studies/*"),
        ("/dicom-web/patients/4711a/x", "/dicom-web/*/*/*"),
        ("/studies/1.2.3\nforged", "/studies/*"),
        ("/", "/"),
    ],
)
def test_paths_as_they_are_written_down(path: str, shown: str) -> None:
    assert clean_path(path) == shown


def test_queries_as_they_are_written_down() -> None:
    asked = "PatientName=DOE&00100020=7&limit=1&DOE^JOHN=x&ReferencedStudySequence.PatientID=3&a=1"
    assert clean_query(asked) == [
        "PatientName", "00100020", "limit", "*", "ReferencedStudySequence.PatientID",
    ]  # fmt: skip
    assert clean_query("") == []


def test_what_libraries_log_is_json_without_their_words() -> None:
    out = io.StringIO()
    log = logging.getLogger("somebody.else")
    log.addHandler(handler := JsonHandler(Journal(out)))
    try:
        raise ValueError("DOE^JOHN")
    except ValueError:
        log.exception("cannot read DOE^JOHN")
    log.warning("DOE^JOHN\n{}")
    log.info("not of interest")
    log.removeHandler(handler)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first["level"] == "error" and first["error"] == "ValueError"
    assert first["raised_at"].startswith("test_operations.py:")
    assert second["logger"] == "somebody.else" and "DOE" not in out.getvalue()


def test_a_standard_output_that_is_gone_is_no_reason_to_stop() -> None:
    out = io.StringIO()
    out.close()
    Journal(out).write("info", "said")
