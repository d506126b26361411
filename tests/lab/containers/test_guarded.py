"""What stands before the products of a secure lab proves that they are guarded, or is not there.

A FHIR server of ours stands for HAPI, and asks or does not ask; the real one is in
``tests/containers/test_secure.py``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from labkit.access.decisions import KEY
from labkit.common.access import ALLOW_ALL, AccessPolicy, AccessRequest, Decision
from labkit.common.errors import LabError
from labkit.common.serving import HttpService
from labkit.fhir import FhirStore, fhir_app
from labkit.lab.containers import secrets
from labkit.lab.containers.guarded import KINDS, GuardedSupply
from labkit.lab.containers.guarded_hapi import FORWARDED, GuardedHapi
from labkit.lab.containers.products import Placed, Products
from labkit.lab.containers.secrets import Secrets, draw
from labkit.lab.fhirnode import under
from labkit.lab.nodes import FHIR
from labkit.lab.secure.guarding import Guarding
from labkit.pacs import EventLog


@pytest.fixture
def drawn() -> Secrets:
    return draw(FORWARDED, "172.28.78.0/24")


class Asking:
    """A policy that asks the lab, as HAPI does."""

    def __init__(self, drawn: Secrets, port: int = 0) -> None:
        self._url = f"http://127.0.0.1:{port or drawn.decisions}/decide"
        self._key = drawn.key

    def decide(self, request: AccessRequest) -> Decision:
        question = {"action": request.action, "about": dict(request.resource)}
        try:
            answer = httpx.post(
                self._url, json={"token": "", "questions": [question]},
                headers={KEY: self._key}, trust_env=False,
            )  # fmt: skip
        except httpx.HTTPError:
            return Decision(False, "no decision")
        if answer.status_code != 200:
            return Decision(False, f"no decision: {answer.status_code}")
        return Decision(answer.json()["decisions"][0]["allowed"] is True, "")


@contextmanager
def hapi(folder: Path, policy: AccessPolicy) -> Iterator[str]:
    """Serve what stands for HAPI; remember the headers that come."""
    store, service = FhirStore(folder / "fhir.sqlite"), HttpService("hapi")
    url = f"http://127.0.0.1:{service.bind()}/fhir"
    app = fhir_app(store, policy=policy, base_url=url)

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].endswith("/Headers"):
            told = {k.decode(): v.decode() for k, v in scope["headers"]}
            await JSONResponse(told)(scope, receive, send)
        else:
            await app(scope, receive, send)

    service.start(under("/fhir", noted))
    try:
        yield url
    finally:
        service.stop()
        store.close()


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "fhir.log")


def test_the_door_opens_before_one_that_asks_and_passes_on_no_key(
    tmp_path: Path, drawn: Secrets, log: EventLog
) -> None:
    with hapi(tmp_path, Asking(drawn)) as url:
        door = GuardedHapi(url, log, Guarding(), drawn)
        door.start()
        try:
            strange = {KEY: drawn.key, "Host": "elsewhere.example", "Forwarded": "host=x",
                       "X-Forwarded-Host": "elsewhere.example"}  # fmt: skip
            told = httpx.get(f"{door.url}/Headers", headers=strange, trust_env=False).json()
            assert KEY not in told and "forwarded" not in told
            assert not [name for name in told if name.startswith("x-forwarded")]
            assert told["host"] == door.url.split("/")[2]
            answer = httpx.get(f"{door.url}/Patient", trust_env=False)
            assert answer.status_code == 200, "of an open lab, whose policy allows"
        finally:
            door.close()
        assert httpx.get(f"{url}/Patient", trust_env=False).status_code == 403, "nobody decides"


def test_a_server_that_does_not_ask_is_not_served(
    tmp_path: Path, drawn: Secrets, log: EventLog
) -> None:
    with hapi(tmp_path, ALLOW_ALL) as url:
        door = GuardedHapi(url, log, Guarding(), drawn)
        with pytest.raises(LabError, match="it is not guarded"):
            door.start()
        assert not door.running
        door.close()


def test_a_server_whose_questions_do_not_arrive_is_not_served(
    tmp_path: Path, drawn: Secrets, log: EventLog
) -> None:
    with hapi(tmp_path, Asking(drawn, port=9)) as url:
        door = GuardedHapi(url, log, Guarding(), drawn)
        with pytest.raises(LabError, match="does not arrive") as caught:
            door.start()
        assert "firewall" in caught.value.remedy and not door.running
        door.close()


def test_where_its_port_is_taken_there_is_no_lab(
    tmp_path: Path, drawn: Secrets, log: EventLog
) -> None:
    other = HttpService("other")
    with hapi(tmp_path, Asking(drawn)) as url:
        door = GuardedHapi(url, log, Guarding(), replace(drawn, decisions=other.bind()))
        try:
            with pytest.raises(LabError, match="is taken"):
                door.start()
        finally:
            door.close()
            other.stop()


def placed(port: int = 1) -> dict[str, Placed]:
    admin = f"http://127.0.0.1:{port}"
    return {name: Placed(kind, "127.0.0.1", 1, admin) for name, kind in KINDS.items()}


def test_an_orthanc_that_answers_anybody_is_not_served(drawn: Secrets) -> None:
    service = HttpService("orthanc")
    port = service.bind()

    async def version(scope: Any, receive: Any, send: Any) -> None:
        known = b"authorization" in dict(scope["headers"])
        answer = (
            JSONResponse({"Version": "1.12.7"}) if known or opened else PlainTextResponse("", 401)
        )
        await answer(scope, receive, send)

    opened = False
    service.start(version)
    supply = GuardedSupply(Products(placed(port)), drawn)
    try:
        supply.prove()
        opened = True
        with pytest.raises(LabError, match="it is not guarded"):
            supply.prove()
    finally:
        supply.close()
        service.stop()


def test_a_product_that_nothing_guards_is_refused(drawn: Secrets) -> None:
    more = {**placed(), "LEGACY": Placed("dcmqrscp", "127.0.0.1", 2)}
    less = {FHIR: placed()[FHIR]}
    for wrong in (more, less):
        with pytest.raises(LabError, match="and guarded are"):
            GuardedSupply(Products(wrong), drawn)


def test_secrets_are_their_owners_and_are_not_guessed(tmp_path: Path, drawn: Secrets) -> None:
    path = tmp_path / "keys" / "products.json"
    assert secrets.read(path) is None
    secrets.write(path, drawn)
    secrets.write(path, drawn)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secrets.read(path) == drawn
    for damage in ("", "{}", path.read_text().replace(drawn.key, ""), "[1]"):
        path.write_text(damage, encoding="utf-8")
        with pytest.raises(LabError, match="cannot be used"):
            secrets.read(path)
