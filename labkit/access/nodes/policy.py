"""Holding nodes to the list: at A-ASSOCIATE, and at each act on the association."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from labkit.access.grant import Grant, current_grant, granted
from labkit.access.nodes.allow_list import AllowList
from labkit.access.nodes.entries import NodeEntry, NodeUser
from labkit.access.nodes.passcodes import matches
from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.errors import UsageError
from labkit.dimse.admission import NOT_IDENTIFIED, Admission, Applicant, ClaimedIdentity

_KINDS = {1: "username", 2: "passcode", 5: "token"}
_UNCHECKED = {3: "a Kerberos ticket", 4: "a SAML assertion"}


@dataclass(frozen=True)
class NodeGrant(Grant):
    """A `Grant` that an association has proven, with what its entry allows.

    Attributes
    ----------
    services
        What it may ask for.
    destinations
        Where it may have C-MOVE send to.
    entry
        The entry of the list that it was made by; once that is gone, so is what it allows.
    """

    services: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    entry: NodeEntry | None = None


class TokenVerifier(Protocol):
    """Checks a token: ``labkit.access.oauth.Verifier`` is one."""

    def verify(self, token: str) -> Grant:
        """Say whose it is; raise where it does not hold."""
        ...


class NodePolicy:
    """Admits the nodes of a list, and lets each do what its entry says.

    It is both an `AdmissionPolicy` and an `AccessPolicy`: give it to a node as both. What an
    association has proven is its `NodeGrant`, and `current_grant` while each request is served.

    Parameters
    ----------
    allow_list
        Who is known. The attribute may be given another list at any time: it counts from the next
        request on, also on associations that are open.
    verifier
        Checks JSON Web Tokens (user identity type 5); without one they are refused.
    tokens
        Decides by a token's scopes and patient, beside the list: a token that may read one
        patient's data is worth no more over DIMSE.

    Raises
    ------
    UsageError
        There is a verifier, and nobody to decide by what it has found.
    """

    def __init__(
        self,
        allow_list: AllowList,
        *,
        verifier: TokenVerifier | None = None,
        tokens: AccessPolicy | None = None,
    ) -> None:
        if (verifier is None) != (tokens is None):
            raise UsageError(
                "a verifier of tokens and a policy for tokens go together",
                remedy="Give both, or neither: scopes that nobody looks at limit nothing.",
            )
        self.allow_list = allow_list
        self._verifier, self._tokens = verifier, tokens

    def admit(self, applicant: Applicant) -> Admission:
        """Decide about an association (PS3.8 7.1.1), user identity included (PS3.7 D.3.3.7).

        Who is not on the list is told 1/1/3, whatever was wrong: the reason, in the log, would
        tell a guesser how far he is. A user identity that does not hold is 1/2/1.
        """
        found = self.allow_list.match(applicant)
        if not found.entries:
            return Admission(False, found.reason)
        claimed = applicant.identity
        reason = ""
        kind = "none" if claimed is None else _KINDS.get(claimed.kind, "")
        for entry in found.entries:
            if entry.identity != kind:
                reason = reason or _wrong_kind(entry, claimed)
                continue
            grant, why = self._identified(entry, applicant)
            if grant is not None:
                return Admission(True, why, around=_working_as(grant))
            reason = why
        return Admission(False, f"{applicant.calling}: {reason}", NOT_IDENTIFIED)

    def decide(self, request: AccessRequest) -> Decision:
        """Decide about one act on an association; refuses where nothing was proven."""
        grant = current_grant()
        if not isinstance(grant, NodeGrant):
            return Decision(False, "no association has proven who asks")
        if request.actor != grant.client_id:
            return Decision(False, f"{request.actor} is not who has associated")
        if grant.entry not in self.allow_list.nodes:
            return Decision(False, f"the entry of {grant.client_id} is no longer on the list")
        if request.action not in grant.services:
            return Decision(False, f"{grant.client_id} may not use {request.action} here")
        destination = request.resource.get("destination", "")
        if destination and not grant.destinations & {destination, "*"}:
            return Decision(False, f"{grant.client_id} may not have it sent to {destination}")
        if grant.scope or grant.patient or grant.token_id:
            if self._tokens is None:
                return Decision(False, "nobody here decides by tokens")
            decision = decide(self._tokens, request)
            if not decision:
                return decision
        return Decision(True, f"{grant.client_id} is on the list for {request.action}")

    def _identified(self, entry: NodeEntry, applicant: Applicant) -> tuple[NodeGrant | None, str]:
        base = NodeGrant(
            entry.ae_title,
            entry.ae_title,
            actors=frozenset(entry.actors),
            purpose=entry.purpose,
            services=frozenset(entry.services),
            destinations=frozenset(entry.destinations or (entry.ae_title,)),
            entry=entry,
        )
        claimed = applicant.identity
        if claimed is None:
            return base, _proof(entry, applicant)
        if claimed.kind != 1 and not applicant.encrypted:
            return None, f"a {_KINDS[claimed.kind]} without TLS: anybody on the way can read it"
        if claimed.kind == 5:
            return self._by_token(base, claimed, applicant)
        user = self._user(entry, claimed)
        if user is None:
            return None, "user name or passcode is wrong"
        grant = replace(
            base,
            subject=user.name,
            actors=base.actors | frozenset(user.actors),
            purpose=user.purpose or base.purpose,
        )
        return grant, f"{_proof(entry, applicant)}, user {_KINDS[claimed.kind]}"

    def _user(self, entry: NodeEntry, claimed: ClaimedIdentity) -> NodeUser | None:
        name = claimed.primary.decode("utf-8", "replace")
        user = self.allow_list.user(name) if name in entry.users else None
        if claimed.kind == 1:
            return user
        # As much work for a name that is not known: the time must not tell which names are.
        right = matches(user.passcode if user is not None else "", claimed.secondary)
        return user if right else None

    def _by_token(
        self, base: NodeGrant, claimed: ClaimedIdentity, applicant: Applicant
    ) -> tuple[NodeGrant | None, str]:
        if self._verifier is None:
            return None, "tokens are not checked here"
        try:
            found = self._verifier.verify(claimed.primary.decode("ascii"))
        except Exception as error:  # whatever a verifier raises, the token does not hold
            return None, f"its token does not hold ({type(error).__name__})"
        grant = replace(
            base,
            subject=found.subject,
            scope=found.scope,
            patient=found.patient,
            actors=base.actors | found.actors,
            purpose=found.purpose,
            token_id=found.token_id or "unnamed",
        )
        return grant, "on the list, with a token that holds"


def _working_as(grant: NodeGrant) -> Callable[[], AbstractContextManager[None]]:
    return lambda: granted(grant)


def _proof(entry: NodeEntry, applicant: Applicant) -> str:
    proven = [f"address {applicant.address}"] if entry.addresses else []
    if entry.by_certificate and applicant.certificate is not None:
        proven.append(f"certificate {applicant.certificate.fingerprint[:16]}…")
    return f"on the list, with {' and '.join(proven)}"


def _wrong_kind(entry: NodeEntry, claimed: ClaimedIdentity | None) -> str:
    if claimed is None:
        return f"it brings no user identity; its entry wants a {entry.identity}"
    if claimed.kind in _UNCHECKED:
        return f"it brings {_UNCHECKED[claimed.kind]}, which nobody here can check"
    return f"it brings a user identity of type {claimed.kind}; its entry wants {entry.identity}"
