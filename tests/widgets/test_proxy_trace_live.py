"""ProxyTrace of a façade at work: what it counts is what the façade did."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom import sample
from labkit.dicomweb import dicomweb_app
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream, traced
from labkit.lab import Lab
from labkit.widgets import ProxyTrace

OBJECTS = {"Accept": 'multipart/related; type="application/dicom"'}


def test_a_retrieve_that_many_wait_for_is_one(lab: Lab, tmp_path: Path) -> None:
    study = f"/studies/{sample('ct-head').study_uid}"
    records: list[dict[str, Any]] = []
    askers = 6
    together = threading.Barrier(askers)
    service = HttpService("facade")
    settings = ProxySettings([Upstream(lab.archive, name="ARCHIVE")], cache=tmp_path / "cache")
    with ProxySource(settings) as source:
        url = f"http://{HOST}:{service.bind()}"
        app = dicomweb_app(source, ALLOW_ALL, base_url=url)
        service.start(traced(app, records.append))

        def ask(_number: int) -> int:
            together.wait(30)
            return httpx.get(url + study, headers=OBJECTS, timeout=60, trust_env=False).status_code

        try:
            with ThreadPoolExecutor(askers) as pool:
                assert set(pool.map(ask, range(askers))) == {200}
            once_more = httpx.get(f"{url}{study}/metadata", timeout=60, trust_env=False)
            assert once_more.status_code == 200
        finally:
            service.stop()
        started = source.stats()["retrieves"]["started"]
    trace = ProxyTrace(records)
    retrieves = {name: count for name, count in trace.totals.operations.items()
                 if name in ("C-GET", "C-MOVE")}  # fmt: skip
    assert len(trace.requests) == askers + 1
    assert sum(retrieves.values()) == started > 0
    said = sum(step.service in retrieves for r in trace.requests for step in r.steps)
    assert said > started, "the others say that they waited for it"
    assert trace.totals.failed == 0
    assert trace.requests[-1].cache == "hit"
