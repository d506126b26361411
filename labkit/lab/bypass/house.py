"""A small enterprise in this process, open or ruled by consents, for the attempts to be made at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx

from labkit.access import Grant, StoredSubjects, granted
from labkit.access.consent import ConsentPolicy, Ruling, StoredConsents
from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, Decision
from labkit.common.serving import HOST
from labkit.dicom import samples
from labkit.dimse import Peer, Receiver
from labkit.lab.bypass import story
from labkit.lab.bypass.doors import Doors, Resource
from labkit.lab.cast import Cast
from labkit.lab.fhirnode import FhirNode
from labkit.lab.proxy.node import ProxyNode
from labkit.lab.secure.guarding import Guarding
from labkit.lab.settings import table
from labkit.lab.traces import TraceStore
from labkit.lab.webnode import WebNode
from labkit.lab.workspace import Workspace
from labkit.pacs import EventLog

EVE, COLLEAGUE, PROXY = "EVE", "COLLEAGUE", "PROXY"
_GRANTS = {
    COLLEAGUE: Grant(COLLEAGUE, actors=frozenset({"Practitioner/colleague"})),
    PROXY: Grant(PROXY, actors=frozenset({"Device/proxy"})),
}
_EVE = Grant("eve-app", "eve", actors=frozenset({story.EVE}))


class _OnBehalf:
    """Stands for the doors that find out who asks: everybody is Eve but for those named."""

    def __init__(self, policy: AccessPolicy) -> None:
        self._policy = policy

    def decide(self, request: AccessRequest) -> Decision:
        with granted(_GRANTS.get(request.actor, _EVE)):
            return self._policy.decide(request)


class _Undelivered(Guarding):
    """An open house; notices stay in the queue, where they can be looked at."""

    def delivers(self) -> bool:
        """Do not."""
        return False


class _Ruled(Guarding):
    """Has one policy at every door, given after the services that ask it are made."""

    def __init__(self) -> None:
        self.policy: AccessPolicy = DENY_ALL

    def policy_of(self, door: str) -> AccessPolicy:
        """Return who decides: always the same."""
        return self

    def decide(self, request: AccessRequest) -> Decision:
        """Answer one request."""
        return self.policy.decide(request)

    def delivers(self) -> bool:
        """Leave notices in the queue, where they can be looked at."""
        return False


@contextmanager
def house(folder: Path, *, guarded: bool = True) -> Iterator[Doors]:
    """Run an enterprise as long as the block lasts.

    Parameters
    ----------
    folder
        An empty folder for all that is stored.
    guarded
        Whether consents rule; else everything is open, and every attempt has to succeed.
    """
    workspace = Workspace.at(folder)
    ruled = _Ruled()
    guarding = ruled if guarded else _Undelivered()
    with ExitStack() as stack:
        cast = Cast(workspace, TraceStore(workspace.traces), guarding=guarding)
        stack.callback(cast.close)
        log = EventLog(workspace.log("HOUSE"))
        fhir = FhirNode(workspace.fhir, log, guarding=guarding)
        stack.callback(fhir.close)
        web = WebNode(cast.archives["ARCHIVE"], log, guarding=guarding)
        legacy = partial(_peer, cast, "LEGACY")
        proxy = ProxyNode(workspace.node(PROXY), log, legacy, guarding=guarding)
        for face in (web, proxy):
            stack.callback(face.stop)
        for node in ("ARCHIVE", "LEGACY", "WORKLIST"):
            cast.start(node)
        fhir.start()
        proxy.configure({**_defaults(), "trust": 0})
        web.start()
        proxy.start()
        proxy.open()
        cast.destinations.add(PROXY, HOST, proxy.receive_port)
        receiver = stack.enter_context(Receiver(EVE))
        cast.destinations.add(EVE, HOST, receiver.peer.port)
        _fill(cast, fhir)
        ruled.policy = _OnBehalf(_consents(fhir))
        http = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        yield _doors(cast, fhir, guarding, (web, proxy), receiver, http)


def _peer(cast: Cast, name: str) -> Peer:
    return Peer(name, HOST, cast.addresses()[name].port)


def _defaults() -> dict[str, object]:
    return {key: setting.default for key, setting in table(PROXY).items()}


def _consents(fhir: FhirNode) -> ConsentPolicy:
    return ConsentPolicy(
        StoredSubjects(fhir.store, fhir.url),
        StoredConsents(fhir.store, fhir.url),
        default="permit",
        recipients={EVE: _EVE.actors, PROXY: _GRANTS[PROXY].actors},
        subscribers=lambda subscription: _EVE,
    )


def _fill(cast: Cast, fhir: FhirNode) -> None:
    """Store the studies in both archives, schedule the target again, and tell FHIR of it."""
    for slug in (story.TARGET, story.OWN):
        for name in ("ARCHIVE", "LEGACY"):
            cast.archives[name].add_files(samples.sample(slug).files)
    fhir.put(story.resources())
    fhir.store.delete("Observation", f"gone-{story.TARGET}")
    fhir.store.delete("Observation", f"gone-{story.OWN}")
    target = samples.sample(story.TARGET)
    step = samples.orders()[0].dataset()
    step.PatientID, step.PatientName = target.patient_id, target.patient_name
    step.StudyInstanceUID, step.AccessionNumber = target.study_uid, target.accession
    cast.worklist.replace([step])


def _doors(
    cast: Cast, fhir: FhirNode, guarding: Guarding, faces: tuple[WebNode, ProxyNode],
    receiver: Receiver, http: httpx.Client,
) -> Doors:  # fmt: skip
    target = story.known(story.TARGET)
    web, proxy = faces

    def consent(given: bool) -> None:
        if given:
            fhir.store.delete("Consent", "bypass")
        else:
            fhir.put([story.denial(target)])

    def write(resource: Resource) -> None:
        """Write as the hospital: over the server, so that Subscriptions are told."""
        _write(fhir, guarding, resource)

    def told(subscription: str) -> list[str]:
        sql = ("SELECT r.type, r.id FROM notice n JOIN resource r ON r.pk = n.pk "
               "WHERE n.subscription = ?")  # fmt: skip
        return [f"{kind}/{id_}" for kind, id_ in fhir.store.query(sql, [subscription])]

    def put(resource: Resource) -> None:
        fhir.store.put(resource, fhir.url)

    def why(action: str, resource: dict[str, str]) -> Ruling:
        return _consents(fhir).rule(AccessRequest(EVE, action, "", resource), _EVE)

    def wado(base: str) -> str:
        return base.rpartition("/")[0] + "/wado"

    def by(name: str, who: str = EVE) -> Peer:
        return replace(_peer(cast, name), calling=who)

    archive = by("ARCHIVE")
    return Doors(
        fhir.url, web.url, wado(web.url), proxy.url, wado(proxy.url),
        archive, by("LEGACY"), by("WORKLIST"), target, story.known(story.OWN),
        story.nothing(target), receiver, http,
        consent, write, told, put, why, by("ARCHIVE", COLLEAGUE), archive, http, ae_title=EVE,
    )  # fmt: skip


def _write(fhir: FhirNode, guarding: Guarding, resource: Resource) -> None:
    from labkit.fhir import subscriptions
    from labkit.fhir.messages import Service

    store = fhir.store
    before = store.read(resource["resourceType"], resource["id"])
    assert before is not None, "the hospital changes what it has"
    policy = guarding.policy_of("FHIR")
    with store.transaction():
        stored, _ = store.put({**before.resource, **resource}, fhir.url)
        subscriptions.enqueue(Service(store, policy, fhir.url), stored)
