"""Asking a site at its door, past whatever the network would do: as workstations and thieves do."""

from __future__ import annotations

from labkit.common.errors import HttpError, LabkitError
from labkit.dimse import find as c_find
from labkit.dimse import identifier
from labkit.exchange.project.trial import Trial


def by_dimse(trial: Trial, at: str, of: str, number: str) -> list[str]:
    """Study Instance UIDs of a patient, or of everybody, by C-FIND."""
    peer = trial.network.peer(at, of)
    asked = identifier("STUDY", PatientID=number, StudyInstanceUID=None, IssuerOfPatientID=None)
    answer = c_find(peer, asked, ae_title=peer.calling, timeout=trial.network.timeout)
    answer.raise_for_status()
    return [str(ds.StudyInstanceUID) for ds in answer]


def by_web(trial: Trial, at: str, of: str, number: str) -> list[str]:
    """Study Instance UIDs of a patient, or of everybody, by QIDO-RS."""
    keys = {"PatientID": number} if number else {}
    client = trial.network.web(at, of)
    try:
        return [str(ds.StudyInstanceUID) for ds in client.studies(**keys)]
    finally:
        client.close()


def ask(trial: Trial, at: str, of: str, number: str = "") -> list[str]:
    """Ask by whichever door answers; empty where none does."""
    for door in (by_web, by_dimse):
        try:
            return door(trial, at, of, number)
        except LabkitError:
            continue
    return []


def take(trial: Trial, at: str, of: str, study: str) -> str:
    """Read a study at the door of a site: ``"came"``, ``"refused"``, or why it did not come."""
    client = trial.network.web(at, of)
    try:
        return "came" if sum(1 for _ in client.files(study)) else "nothing came"
    except HttpError as error:
        return "refused" if error.status in (401, 403) else plain(error)
    finally:
        client.close()


def plain(error: LabkitError) -> str:
    """The message as a part of a sentence."""
    return error.message.rstrip(".")
