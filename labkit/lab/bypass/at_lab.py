"""The doors of the secure lab itself: of a process of its own, over its real ports."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydicom import dcmread

from labkit.access.consent import Ruling
from labkit.common.errors import LabError
from labkit.dicom import samples
from labkit.dimse import Receiver, server_context, store
from labkit.dimse.tls import Credential
from labkit.lab import launch
from labkit.lab.backends import EMBEDDED, ended
from labkit.lab.bypass import story
from labkit.lab.bypass.doors import Doors, Resource
from labkit.lab.bypass.seats import LAKESIDE, AtLab, Seat, bearing, patients_token
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    import httpx

    from labkit.lab.secure.facets import SecureLab

TARGET, OWN = "ct-chest", "mr-brain"
"""The study that Consent/thistlewick denies Lakeside, and one that Lakeside may see."""
_FHIR = {"Content-Type": "application/fhir+json"}
"""Plain JSON would be taken for the bytes of a Binary, which is then nobody's (R4 http.html)."""


@contextmanager
def secure_lab(folder: Path, backend: str = EMBEDDED) -> Iterator[SecureLab]:
    """Have the secure lab of a folder in its first state, and leave it so.

    One that does not run is started, and ended again.
    """
    from labkit.lab.open import open_lab

    workspace = Workspace.at(folder)
    ran = launch.find(workspace) is not None
    lab = cast("SecureLab", open_lab(folder, backend=backend, secure=True))
    try:
        lab.reset()
        yield lab
    finally:
        try:
            lab.reset()  # also where the attempts were broken off: a Consent may have been changed
        finally:
            if not ran:
                ended(backend, workspace)


@contextmanager
def at_lab(lab: SecureLab, seat: Seat = LAKESIDE) -> Iterator[Doors]:
    """Stand before the doors of a secure lab, which is filled for it.

    Parameters
    ----------
    lab
        In its first state.
    seat
        Who tries.
    """
    target = story.known(TARGET)
    with ExitStack() as stack:

        def client(token: str = "") -> httpx.Client:
            return stack.enter_context(bearing(token))

        hospital = client(lab.auth.token())
        at = AtLab(seat, lab, client(patients_token(lab, seat)))
        _fill(lab, hospital)
        receiver = stack.enter_context(_receiver(lab, seat))
        if seat.allowed:
            lab.add_node(receiver.peer)
        writer = lab.auth.token(seat.writer, scope="user/*.cruds", user=seat.writes_as)
        given, denied = _consents(lab, target.patient)

        def consent(agreed: bool) -> None:
            lab.consents.put(given if agreed else denied)

        def write(resource: Resource) -> None:
            url = f"{lab.fhir.url}/{resource['resourceType']}/{resource['id']}"
            now = {**hospital.get(url).json(), **resource}
            hospital.put(url, json=now, headers=_FHIR).raise_for_status()

        yield Doors(
            lab.fhir.url, lab.dicomweb.url, lab.dicomweb.wado_url, lab.proxy.url,
            lab.proxy.wado_url, at.peer("ARCHIVE", seat.archive), at.peer("LEGACY", seat.legacy),
            at.peer("WORKLIST", seat.worklist), target, story.known(OWN), story.nothing(target),
            receiver, client(at.token()), consent, write, _told(lab),
            lambda resource: None, lambda action, about: Ruling(False, "the audit has it"),
            at.peer("ARCHIVE", seat.colleague), at.peer("ARCHIVE", seat.storing), client(writer),
            ae_title=seat.archive, lab=at,
        )  # fmt: skip
        consent(False)


def _consents(lab: SecureLab, patient: str) -> tuple[Resource, Resource]:
    """Return the patient's Consent without the denial, and as it is."""
    (denied,) = lab.consents.of(patient)
    given = copy.deepcopy(denied)
    if given["provision"].pop("provision", None) is None:
        raise LabError(
            f"Consent/{patient} of this lab denies nobody.", remedy="Reset it: labkit reset."
        )
    return given, denied


def _receiver(lab: SecureLab, seat: Seat) -> Receiver:
    folder = Workspace(lab.workspace).certificates
    shown = Credential(folder / f"{seat.archive}.pem", folder / f"{seat.archive}.key")
    return Receiver(seat.archive, tls=server_context(shown, clients=folder / "ca.pem"))


def _fill(lab: SecureLab, hospital: httpx.Client) -> None:
    """Have both studies in LEGACY too, and what tells of them in FHIR: as North General may."""
    for slug in (TARGET, OWN, "dx-chest"):  # of the last: there is more than one to be counted
        objects = [dcmread(path) for path in samples.sample(slug).files]
        for ds in objects:
            if ds.file_meta.TransferSyntaxUID.is_compressed:  # LEGACY does not take each kind
                ds.decompress(generate_instance_uid=False)
        store(lab.legacy, objects)
    for resource in story.told_of(TARGET, OWN):
        url = f"{lab.fhir.url}/{resource['resourceType']}/{resource['id']}"
        hospital.put(url, json=resource, headers=_FHIR).raise_for_status()
    for slug in (TARGET, OWN):
        hospital.delete(f"{lab.fhir.url}/Observation/gone-{slug}").raise_for_status()


def _told(lab: SecureLab) -> Any:
    """Make what looks into the queue of notices: in the file, since no door shows it.

    There is none where HAPI is the server: guarded, it takes no Subscription.
    """
    path = Workspace(lab.workspace).fhir / "fhir.sqlite"

    def told(subscription: str) -> list[str]:
        if not path.exists():
            return []
        sql = ("SELECT r.type, r.id FROM notice n JOIN resource r ON r.pk = n.pk "
               "WHERE n.subscription = ?")  # fmt: skip
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as stored:
            return [f"{kind}/{id_}" for kind, id_ in stored.execute(sql, [subscription])]

    return told
