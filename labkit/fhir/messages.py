"""A request and its answer without HTTP: the same for a request and for an entry of a Bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.common.access import ALLOW_ALL, AccessPolicy, AccessRequest, decide
from labkit.fhir.canonical import loads
from labkit.fhir.criteria import Sees
from labkit.fhir.endpoints import loopback_only
from labkit.fhir.index import index_rows
from labkit.fhir.outcome import refuse
from labkit.fhir.store import FhirStore, Stored

Resource = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ask:
    """One request.

    Attributes
    ----------
    path
        Segments after the base: ``("Patient", "12")``.
    pairs
        Parameters, from the URL and from a form, in order.
    resource
        The body.
    if_match, if_none_match, if_modified_since, if_none_exist
        The headers of these names, or ``""``; ``None`` for an If-None-Exist that was not sent.
    lenient
        Whether unknown search parameters are ignored rather than refused.
    representation
        Whether the entries of a Bundle's answer hold what was stored.
    """

    method: str
    path: tuple[str, ...]
    pairs: Pairs = ()
    resource: Resource = field(default_factory=dict)
    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_none_exist: str | None = None
    lenient: bool = False
    representation: bool = False


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes
    ----------
    status
        HTTP status code.
    body
        A resource, as Python values or as stored text; ``None`` for nothing.
    stored
        The version that the answer is about: gives ETag and Last-Modified.
    written
        Whether it tells of a create or update, so that ``Prefer: return=`` applies.
    headers
        More headers.
    """

    status: int = 200
    body: Resource | str | None = None
    stored: Stored | None = None
    written: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """What every interaction needs.

    Attributes
    ----------
    base_url
        The service base URL, without a slash at the end; every URL that goes out begins with it.
    may_ring
        Whether a Subscription may have notices sent to this URL.
    """

    store: FhirStore
    policy: AccessPolicy
    base_url: str
    may_ring: Callable[[str], bool] = loopback_only

    def permit(self, actor: str, action: str, about: Mapping[str, str]) -> None:
        """Ask the policy about an act, before any data are looked at.

        Raises
        ------
        FhirError
            403: the policy says no, or failed.
        """
        decision = decide(self.policy, AccessRequest(actor, action, self.base_url, about))
        if not decision:
            raise refuse(403, "forbidden", f"{action} is not allowed: {decision.reason}")

    def touch(self, actor: str, action: str, resource: Resource) -> None:
        """Ask the policy about a resource that is to be written, or is to be written over.

        Raises
        ------
        FhirError
            403, without a reason that tells of data the asker must not know of.
        """
        about = self.about(resource)
        decision = decide(self.policy, AccessRequest(actor, action, self.base_url, about))
        if not decision:
            why = "" if decision.private else f": {decision.reason}"
            raise refuse(403, "forbidden", f"{action} is not allowed for this resource{why}")

    def sees(self, actor: str, resource: Resource, action: str = "read") -> bool:
        """Whether a resource may be shown; one that may not is answered as if it were not there."""
        return self.policy is ALLOW_ALL or self.allows(actor, action, self.about(resource))

    def seen_by(self, actor: str) -> Sees | None:
        """Return what keeps hidden resources out of a search's conditions; `None` if none are."""
        if self.policy is ALLOW_ALL:
            return None

        def seen(condition: str, values: list[Any]) -> list[int]:
            rows = self.store.query(
                "SELECT r.pk, v.body FROM resource r JOIN version v ON v.pk = r.pk "
                f"AND v.version = r.version WHERE r.deleted = 0 AND {condition}",
                values,
            )
            return [pk for pk, body in rows if self.sees(actor, loads(body))]

        return seen

    def allows(self, actor: str, action: str, about: Mapping[str, str]) -> bool:
        """Ask the policy, and take no for an answer."""
        return bool(decide(self.policy, AccessRequest(actor, action, self.base_url, about)))

    def about(self, resource: Resource) -> dict[str, str]:
        """Say what a resource is, for the policy: its type, id and the patient it is about."""
        return about_resource(resource, self.base_url)


def about_resource(resource: Resource, base_url: str) -> dict[str, str]:
    """Say what a resource of the server at `base_url` is, for an access policy."""
    kind = resource["resourceType"]
    out = {"resourceType": kind, "id": resource.get("id", "")}
    if kind == "Patient":
        out["patient"] = f"Patient/{out['id']}"
    for code, target, id_, url, _, _ in index_rows(resource, base_url).reference:
        if code == "patient" and (id_ or url):
            out["patient"] = url or f"{target}/{id_}"
    return out
