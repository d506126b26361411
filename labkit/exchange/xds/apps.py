"""The registry and the repository as SOAP services, under an access policy.

Each transaction is asked of the policy at the door, with the patient where the message names one,
and again for each object or document that would be in the answer: what is refused there is as if
it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette

from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, decide
from labkit.common.errors import LabError, UsageError
from labkit.exchange.parties import PatientId
from labkit.exchange.soap import Attachments, Message, Operation, soap_app, xml
from labkit.exchange.xds import finding
from labkit.exchange.xds.definitions import E, F, S
from labkit.exchange.xds.ebxml_read import read_submission
from labkit.exchange.xds.messages import (
    SUBMIT,
    read_provide,
    read_retrieve,
    write_found,
    write_retrieved,
)
from labkit.exchange.xds.model import DocumentEntry, RegistryObject
from labkit.exchange.xds.names import (
    PROVIDE,
    REGISTER,
    RETRIEVE,
    STORED_QUERY,
    STUDY,
    rim,
    table,
)
from labkit.exchange.xds.problems import RegistryError, XdsError
from labkit.exchange.xds.query import read_query
from labkit.exchange.xds.registry import Registry
from labkit.exchange.xds.repository import Kept, Repository
from labkit.exchange.xds.response import registry_response


def registry_app(
    registry: Registry, policy: AccessPolicy = DENY_ALL, *, node: str = "REGISTRY", **soap: Any
) -> Starlette:
    """Make the service of a registry: ITI-42 and ITI-18.

    Parameters
    ----------
    policy
        Asked as the module says. Without one, all is refused.
    node
        The service's name for the policy and the observer.
    soap
        Further parameters of `labkit.exchange.soap.soap_app`.
    """
    return soap_app(registry_operations(registry, policy, node), policy, node=node, **soap)


def repository_app(
    repository: Repository,
    policy: AccessPolicy = DENY_ALL,
    *,
    node: str = "REPOSITORY",
    **soap: Any,
) -> Starlette:
    """Make the service of a repository: ITI-41 (which RAD-68 is) and ITI-43.

    Parameters
    ----------
    policy, node, soap
        As of `registry_app`.
    """
    return soap_app(repository_operations(repository, policy, node), policy, node=node, **soap)


def registry_operations(
    registry: Registry, policy: AccessPolicy, node: str
) -> dict[str, Operation]:
    """Return what a registry does, by action."""

    def register(message: Message) -> Message:
        return _said(
            message,
            lambda: registry.register(read_submission(message.body)),
            "XDSRegistryOutOfResources",
        )

    def query(message: Message) -> Message:
        returns = "LeafClass"
        try:
            asked = read_query(message.body)
            returns = asked.returns
            allowed = _allowed(policy, message, "ITI-18", node)
            found = finding.find(registry.store, asked, allowed=allowed, home=registry.home)
            answer = write_found(found, returns=returns)
        except XdsError as error:
            answer = write_found([], error.errors, returns=returns)
        return message.reply(f"{STORED_QUERY}Response", answer)

    return {
        REGISTER: Operation(register, "ITI-42", _submitted),
        STORED_QUERY: Operation(query, "ITI-18", _asked),
    }


def repository_operations(
    repository: Repository, policy: AccessPolicy, node: str
) -> dict[str, Operation]:
    """Return what a repository does, by action."""

    def provide(message: Message) -> Message:
        def work() -> tuple[RegistryError, ...]:
            return repository.provide(*read_provide(message))

        return _said(message, work, "XDSRepositoryOutOfResources")

    def retrieve(message: Message) -> Message:
        files = Attachments()
        allowed = _allowed(policy, message, "ITI-43", node)

        def may(kept: Kept) -> bool:
            return allowed(kept.patient, None)

        try:
            found = repository.retrieve(read_retrieve(message.body), allowed=may)
            answer = write_retrieved(found, found.errors, files)
        except XdsError as error:
            answer = write_retrieved([], error.errors, files)
        return message.reply(f"{RETRIEVE}Response", answer, files)

    return {
        PROVIDE: Operation(provide, "ITI-41", _submitted),
        RETRIEVE: Operation(retrieve, "ITI-43"),
    }


def patient_resource(patient: PatientId) -> dict[str, str]:
    """Say to a policy whose data it is: the number alone names nobody beyond one authority."""
    return {"PatientID": patient.value, "IssuerOfPatientID": patient.authority}


def _allowed(
    policy: AccessPolicy, message: Message, transaction: str, node: str
) -> Callable[[PatientId, RegistryObject | None], bool]:
    """Ask the policy of each object, once for the same patient and study."""
    known: dict[tuple[tuple[str, str], ...], bool] = {}

    def allowed(patient: PatientId, what: RegistryObject | None) -> bool:
        about = patient_resource(patient)
        if isinstance(what, DocumentEntry) and (study := study_of(what)):
            about["StudyInstanceUID"] = study
        key = tuple(about.items())
        if key not in known:
            asked = AccessRequest(message.actor, transaction, node, about)
            known[key] = bool(decide(policy, asked))
        return known[key]

    return allowed


def study_of(entry: DocumentEntry) -> str:
    """Return the Study Instance UID that an entry refers to, ``""`` where it names none."""
    for reference in entry.referenceIdList:
        parts = reference.split("^")
        if len(parts) > 4 and parts[4] == STUDY:
            return parts[0].removeprefix("urn:oid:")
    return ""


def _said(message: Message, work: Callable[[], tuple[RegistryError, ...]], full: str) -> Message:
    """Answer with how it went; `full` is the error of one that cannot write (Table 4.2.4.1-2)."""
    try:
        body = registry_response(work())
    except XdsError as error:
        body = registry_response(error.errors)
    except (OSError, LabError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        body = registry_response([RegistryError(full, f"it cannot be kept: {why}")])
    return message.reply(f"{message.action}Response", body)


def _submitted(message: Message) -> Mapping[str, str]:
    """Whose data a submission brings, for the policy: its submission set says it."""
    if message.body is None:
        return {}
    request = message.body if message.body.tag == SUBMIT else message.body.find(SUBMIT)
    scheme = table()["identifiers"]["SubmissionSet"]["patientId"]
    for each in () if request is None else request.iter(rim("ExternalIdentifier")):
        if each.get("identificationScheme") == scheme:
            return _patient(each.get("value", ""))
    return {}


def _asked(message: Message) -> Mapping[str, str]:
    """Whose data a query is about, where it names a patient."""
    if message.body is None:
        return {}
    for slot in message.body.iter(rim("Slot")):
        if slot.get("name") in (f"{E}PatientId", f"{S}PatientId", f"{F}PatientId"):
            return _patient(xml.text_of(slot).strip("'"))
    return {}


def _patient(cx: str) -> Mapping[str, str]:
    try:
        return patient_resource(PatientId.parse(cx))
    except UsageError:
        return {}
