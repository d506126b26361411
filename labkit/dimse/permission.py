"""What a peer may be asked, where somebody decides that: before anything is sent.

A `Peer` may carry an `AccessPolicy`. It is asked of each SOP class that an association would
propose as SCU, and of where a C-MOVE would send to. Its no is `AccessDenied`, and no connection is
opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.uid import UID
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import uid_to_service_class

from labkit.common.access import AccessRequest, decide
from labkit.common.errors import AccessDenied
from labkit.dimse.peer import Peer


def ask_contexts(
    peer: Peer, calling: str, contexts: Sequence[Any], negotiation: Sequence[Any]
) -> None:
    """Ask the peer's policy whether these presentation contexts may be proposed.

    A class for which we are SCP alone is not asked of: that is how C-GET brings objects here
    (PS3.7 D.3.3.4).

    Raises
    ------
    AccessDenied
        One of them may not.
    """
    if peer.policy is None:
        return
    roles = [item for item in negotiation if isinstance(item, SCP_SCU_RoleSelectionNegotiation)]
    ours = {str(item.sop_class_uid) for item in roles if item.scp_role and not item.scu_role}
    for uid in dict.fromkeys(str(context.abstract_syntax) for context in contexts):
        if uid not in ours:
            storage = uid_to_service_class(uid) is StorageServiceClass
            act = "C-STORE" if storage else UID(uid).name
            _ask(peer, AccessRequest(calling, act, peer.ae_title, {"SOPClassUID": uid}))


def ask_destination(peer: Peer, calling: str, destination: str) -> None:
    """Ask the peer's policy whether it may be told to send to `destination` by C-MOVE.

    Raises
    ------
    AccessDenied
        It may not.
    """
    if peer.policy is not None:
        resource = {"MoveDestination": destination}
        _ask(peer, AccessRequest(calling, "C-MOVE", peer.ae_title, resource))


def _ask(peer: Peer, request: AccessRequest) -> None:
    assert peer.policy is not None
    decision = decide(peer.policy, request)
    if not decision:
        raise AccessDenied(
            f"{request.action} to {peer.ae_title} is not allowed: {decision.reason}",
            remedy="Nothing was sent. Whoever set up this connection decides what it may do.",
        )
