"""Who may open an association: the seam that an acceptor asks at A-ASSOCIATE, and what it knows.

A *decider* in the sense of the house rules: one answers, its answer counts, and where it fails the
answer is no. It decides about the association; each act on it is asked of the `AccessPolicy` again.
``labkit.access.nodes`` fills it in.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from pynetdicom import evt
from pynetdicom.acse import ACSE
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from labkit.dimse.presentation import agree

_LOG = logging.getLogger("pynetdicom.labkit.admission")  # see upper_layer.py

Rejection = tuple[int, int, int]
"""Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""

NOT_RECOGNIZED: Rejection = (1, 1, 3)  # calling AE title not recognized
NOT_IDENTIFIED: Rejection = (1, 2, 1)  # no reason given, by the provider (PS3.7 D.3.3.7)
NO_DECISION: Rejection = (2, 1, 1)  # transient, no reason given


@dataclass(frozen=True)
class PeerCertificate:
    """The certificate that a peer has shown, and whose chain was verified in the handshake.

    Attributes
    ----------
    subject
        As RFC 4514 writes it, most specific first: ``"CN=MR1,O=labkit"``.
    fingerprint
        SHA-256 of its DER form: 64 hexadecimal digits, lower case.
    not_after
        Until when it is valid, as OpenSSL writes it.
    """

    subject: str
    fingerprint: str
    not_after: str = ""


@dataclass(frozen=True)
class ClaimedIdentity:
    """The user identity of an A-ASSOCIATE-RQ, as claimed (PS3.7 Table D.3-14).

    Attributes
    ----------
    kind
        1 username, 2 username and passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token.
    primary, secondary
        The fields; never shown, since they may be what a thief needs.
    confirm
        Whether the requestor wants a positive response.
    """

    kind: int
    primary: bytes = field(repr=False)
    secondary: bytes = field(default=b"", repr=False)
    confirm: bool = False


@dataclass(frozen=True)
class Applicant:
    """Who asks for an association.

    Attributes
    ----------
    calling, called
        AE titles of the request: claims.
    address
        Where the TCP connection comes from; IPv4 is written as IPv4.
    encrypted
        Whether it speaks TLS.
    certificate
        What it has shown and we have verified; ``None`` where there is none, or nobody checked it.
    identity
        The user identity it claims, if any.
    """

    calling: str
    called: str
    address: str
    encrypted: bool = False
    certificate: PeerCertificate | None = None
    identity: ClaimedIdentity | None = None


@dataclass(frozen=True)
class Admission:
    """The answer, which always carries its reason.

    Attributes
    ----------
    admitted
        Whether the association may be accepted.
    reason
        For the log: a peer is told no more than `rejection`.
    rejection
        What it is rejected with.
    around
        Gives what each request on the association is served under; how what was proven reaches
        the `AccessPolicy`.
    """

    admitted: bool
    reason: str
    rejection: Rejection = NOT_RECOGNIZED
    around: Callable[[], AbstractContextManager[Any]] = field(default=nullcontext, repr=False)


class AdmissionPolicy(Protocol):
    """Decides; may be called from several threads at once."""

    def admit(self, applicant: Applicant) -> Admission:
        """Answer one request for an association. An exception counts as no."""
        ...


def admit(policy: AdmissionPolicy, applicant: Applicant) -> Admission:
    """Ask `policy`, failing closed: a policy that raises has refused."""
    try:
        answer = policy.admit(applicant)
    except Exception as error:
        _LOG.exception("the admission policy failed")
        why = f"the admission policy failed ({type(error).__name__})"
        return Admission(False, why, NO_DECISION)
    if not isinstance(answer, Admission):
        return Admission(False, "the admission policy gave no answer", NO_DECISION)
    return answer


def certificate_of(sock: Any) -> PeerCertificate | None:
    """Read what the peer has shown in a handshake; ``None`` unless its chain was verified."""
    if not isinstance(sock, ssl.SSLSocket):
        return None
    shown, der = sock.getpeercert(), sock.getpeercert(binary_form=True)
    if not shown or not der:  # without verification the first is empty
        return None
    from cryptography import x509  # takes a moment, and most nodes are shown none

    # Not from `shown`: a comma within a name would look there like the end of it.
    subject = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    return PeerCertificate(subject, hashlib.sha256(der).hexdigest(), str(shown.get("notAfter", "")))


def plain_address(text: str) -> str:
    """Write an address as IPv4 where it is one (RFC 4291 2.5.5.2), without a zone."""
    bare = text.partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return bare
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def applicant_of(assoc: Any) -> Applicant:
    """Read from an association, as acceptor, who asks for it."""
    asked, info = assoc.requestor.primitive, assoc.requestor.address_info
    item = assoc.requestor.user_identity
    identity = None
    if item is not None:
        identity = ClaimedIdentity(
            int(item.user_identity_type or 0),
            bytes(item.primary_field or b""),
            bytes(item.secondary_field or b""),
            bool(item.positive_response_requested),
        )
    return Applicant(
        str(asked.calling_ae_title).strip(),
        str(asked.called_ae_title).strip(),
        plain_address(str(info.address)) if info is not None else "",
        assoc.encrypted,
        assoc.peer_certificate,
        identity,
    )


class AskingACSE(ACSE):  # type: ignore[misc]
    """pynetdicom's association control; asks the entity's `AdmissionPolicy` before it accepts."""

    _proposed: list[Any]

    def _negotiate_as_acceptor(self) -> None:
        assoc = self.assoc
        policy = assoc.ae.admission
        if policy is not None:
            self.requestor.ae_title = self.requestor.primitive.calling_ae_title
            assoc.admission = answer = admit(policy, applicant_of(assoc))
            if not answer.admitted:
                self.send_reject(*answer.rejection)
                evt.trigger(assoc, evt.EVT_REJECTED, {})
                assoc.kill()
                return
        # pynetdicom is to negotiate all but the presentation contexts: see `send_accept`.
        asked = self.requestor.primitive
        proposed = asked.presentation_context_definition_list
        asked.presentation_context_definition_list = []
        self._proposed = proposed
        try:
            super()._negotiate_as_acceptor()
        finally:
            asked.presentation_context_definition_list = proposed

    def send_accept(self) -> None:
        """Agree on the presentation contexts, then accept."""
        assoc = self.assoc
        asked = self.requestor.role_selection.items()
        roles = {uid: (item.scu_role, item.scp_role) for uid, item in asked}
        supported = self.acceptor.supported_contexts
        # Whole again before the peer hears of it.
        self.requestor.primitive.presentation_context_definition_list = self._proposed
        contexts, answered = agree(self._proposed, supported, roles)
        assoc._accepted_cx = {cx.context_id: cx for cx in contexts if cx.result == 0}
        assoc._rejected_cx = [cx for cx in contexts if cx.result != 0]
        for item in answered:
            self.acceptor.add_negotiation_item(item)
        super().send_accept()

    def _check_user_identity(self) -> tuple[bool, UserIdentityNegotiation | None]:
        """Answer as the policy has: it has admitted, so the identity holds.

        The positive response to types 1 and 2 is an item without content (PS3.7 Table D.3-15),
        which pynetdicom does not send; 5 is answered in the same way.
        """
        asked = self.requestor.user_identity
        if self.assoc.admission is None or asked is None:
            return super()._check_user_identity()  # type: ignore[no-any-return]
        if not asked.positive_response_requested:
            return True, None
        response = UserIdentityNegotiation()
        response.server_response = b""
        return True, response
