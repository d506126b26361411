"""The bypass suite by one whom nothing but consent keeps out, where one study of two is denied.

`labkit bypass` tries with what the secure lab gives Lakeside. Here it is given more: a token with
every scope, and certificates of nodes that may do everything at every node.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.access.consent import Ruling
from labkit.access.oauth import Client
from labkit.common.serving import HOST
from labkit.dicom import samples
from labkit.dimse import Peer, Receiver
from labkit.fhir import subscriptions
from labkit.fhir.messages import Service
from labkit.lab.bypass import Doors, attempts, run, story
from labkit.lab.enterprise import Enterprise
from labkit.lab.fhirnode import FhirNode
from labkit.lab.secure import story as cast
from labkit.lab.secure.mark import agree
from labkit.lab.secure.rights import RIGHTS, May
from labkit.lab.secure.wiring import SecureGuarding
from labkit.lab.workspace import Workspace

EVE, COLLEAGUE = "EVE", "COLLEAGUE"
ALL = ("C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "C-GET", "N-ACTION", "N-CREATE", "N-SET")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Enterprise]:
    """A secure lab that knows two more nodes: one of Lakeside, one of North General."""
    monkeypatch.setitem(cast.STATIONS, EVE, "lakeside")
    monkeypatch.setitem(cast.STATIONS, COLLEAGUE, "north-general")
    for name in ("ARCHIVE", "LEGACY", "WORKLIST"):
        known = {**RIGHTS[name], EVE: May(ALL, ("*",)), COLLEAGUE: May(ALL, ("*",))}
        monkeypatch.setitem(RIGHTS, name, known)
    workspace = Workspace.at(tmp_path / "lab")
    workspace.prepare()
    agree(workspace, secure=True)
    guarding = SecureGuarding(workspace)
    guarding._tls.credential(EVE)
    for kind in ("pem", "key"):  # both call with one certificate: the attempts have one peer
        own = workspace.certificates / f"{EVE}.{kind}"
        shutil.copy(own, own.with_name(f"{COLLEAGUE}.{kind}"))
    made = Enterprise(workspace, guarding=guarding)
    made.start({})
    yield made
    made.stop()


def doors(lab: Enterprise, receiver: Receiver, http: httpx.Client) -> Doors:
    guarding, fhir = lab.guarding, lab._fhir
    assert isinstance(guarding, SecureGuarding) and isinstance(fhir, FhirNode)
    target = story.known(story.TARGET)

    def consent(given: bool) -> None:
        if given:
            fhir.store.delete("Consent", "bypass")
        else:
            fhir.put([story.denial(target, "Organization/lakeside")])

    def write(resource: dict[str, Any]) -> None:
        before = fhir.store.read(resource["resourceType"], resource["id"])
        assert before is not None
        with fhir.store.transaction():
            stored, _ = fhir.store.put({**before.resource, **resource}, fhir.url)
            service = Service(fhir.store, guarding.policy_of("FHIR"), fhir.url)
            subscriptions.enqueue(service, stored)

    def told(subscription: str) -> list[str]:
        sql = ("SELECT r.type, r.id FROM notice n JOIN resource r ON r.pk = n.pk "
               "WHERE n.subscription = ?")  # fmt: skip
        return [f"{kind}/{id_}" for kind, id_ in fhir.store.query(sql, [subscription])]

    tls = guarding.client_tls(EVE)
    archive, legacy, worklist = (
        Peer(name, HOST, lab.addresses()[name].port, tls=tls, calling=EVE)
        for name in ("ARCHIVE", "LEGACY", "WORKLIST")
    )
    web, facade = lab.dicomweb_url, lab.proxy.url
    return Doors(
        fhir.url, web, web.replace("dicom-web", "wado"), facade,
        facade.replace("dicom-web", "wado"), archive, legacy, worklist, target,
        story.known(story.OWN), story.nothing(target), receiver, http, consent, write, told,
        lambda resource: None, lambda action, resource: Ruling(False, "nobody asks why"),
        replace(archive, calling=COLLEAGUE), archive, http, ae_title=EVE,
    )  # fmt: skip


def fill(lab: Enterprise) -> None:
    for slug in (story.TARGET, story.OWN):
        lab.cast.archives["LEGACY"].add_files(samples.sample(slug).files)
    fhir: Any = lab._fhir
    fhir.put(story.resources())
    patient = {"reference": f"Patient/{samples.sample(story.TARGET).patient}"}
    others = {
        each["id"]
        for each in cast.resources()
        if each["resourceType"] == "ImagingStudy" and each["subject"] == patient
    }
    for id_ in others - {story.TARGET, story.OWN}:  # the attempts count on two studies
        fhir.store.delete("ImagingStudy", id_)
    for slug in (story.TARGET, story.OWN):
        fhir.store.delete("Observation", f"gone-{slug}")
    target = samples.sample(story.TARGET)
    step = samples.orders()[0].dataset()
    step.PatientID, step.PatientName = target.patient_id, target.patient_name
    step.StudyInstanceUID, step.AccessionNumber = target.study_uid, target.accession
    lab.cast.worklist.replace([step])


def test_who_is_denied_gets_round_no_door_of_the_secure_lab(lab: Enterprise) -> None:
    guarding = lab.guarding
    assert isinstance(guarding, SecureGuarding)
    guarding.authorization.server.register(
        Client("eve", "Eve", "user/*.cruds", actors=frozenset({"Organization/lakeside"}))
    )
    fill(lab)
    lab.proxy.configure({**lab.proxy._values, "trust": 0})
    answer = guarding.authorization.issue("eve", scope="user/*.cruds", user="parsnipper")
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    client = partial(httpx.Client, headers=headers, timeout=60, trust_env=False)
    with client() as http, Receiver(EVE, tls=guarding.server_tls(EVE)) as receiver:
        lab.cast.destinations.add(EVE, HOST, receiver.peer.port)
        tried = run(doors(lab, receiver, http), attempts())
    assert len(tried) >= 100
    assert [each.name for each in tried if each.succeeded] == []


def test_the_one_who_tries_sees_it_while_it_is_allowed(lab: Enterprise) -> None:
    """Else the test above would be passed by a lab that shows nothing to anybody."""
    guarding = lab.guarding
    assert isinstance(guarding, SecureGuarding)
    fill(lab)
    answer = guarding.authorization.issue("lakeside-viewer", scope="user/*.rs", user="parsnipper")
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as http:
        eve = doors(lab, Receiver(EVE), http)
        seen = {}
        for given in (True, False):
            eve.consent(given)
            seen[given] = [
                eve.get(url).status_code
                for url in (
                    f"{eve.fhir}/ImagingStudy/{eve.target.fhir_id}",
                    f"{eve.web}/studies/{eve.target.study}/metadata",
                    f"{eve.facade}/studies/{eve.target.study}/metadata",
                )
            ]
    assert seen == {True: [200] * 3, False: [404] * 3}
