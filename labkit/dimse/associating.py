"""A-ASSOCIATE without the objects that pynetdicom makes for each item of it, and checks one by one.

An acceptor reads the same request again and again: a workstation that asks proposes the same
contexts each time. What it was read as is kept. Its answer is packed directly (PS3.8 9.3.3); what
is unusual is left to pynetdicom, and a test holds the bytes of both against each other.
"""

from __future__ import annotations

import copy
import struct
import threading
from collections import OrderedDict
from typing import Any

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
    UserIdentityNegotiation,
)

_MOST, _LONGEST = 16, 65536  # requests that are kept, and bytes of one
_LISTS = (
    "_presentation_context_definition_list",
    "_presentation_context_definition_results_list",
    "_user_information",
)


class Requests:
    """A-ASSOCIATE-RQ PDUs as they were read; may be used from many threads.

    Those that say who the user is are not kept: they hold what a thief needs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Any, Any]] = OrderedDict()

    def read(self, data: bytes) -> A_ASSOCIATE_RQ:
        """Read a request; the PDU and its primitive are the caller's.

        Raises
        ------
        Exception
            As pynetdicom's ``A_ASSOCIATE_RQ.decode``.
        """
        with self._lock:
            found = self._known.get(data)
            if found is not None:
                self._known.move_to_end(data)
        if found is None:
            pdu = A_ASSOCIATE_RQ()
            pdu.decode(data)
            if len(data) > _LONGEST:
                return pdu
            found = pdu, pdu.to_primitive()
            if any(isinstance(i, UserIdentityNegotiation) for i in found[1].user_information):
                return pdu
            with self._lock:
                self._known[data] = found
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        pdu = copy.copy(found[0])
        pdu.variable_items = list(pdu.variable_items)
        pdu.to_primitive = lambda: _copy(found[1])
        return pdu


def _copy(primitive: Any) -> Any:
    """Copy a request as deep as an association changes it."""
    made = copy.copy(primitive)
    for name in _LISTS:
        setattr(made, name, [copy.copy(item) for item in getattr(primitive, name)])
    return made


def encode_accept(primitive: Any) -> bytes:
    """Encode an A-ASSOCIATE-AC (PS3.8 9.3.3).

    Raises
    ------
    Exception
        What pynetdicom has to be asked about: an item that cannot be encoded.
    """
    items = [_item(0x10, primitive.application_context_name.encode("ascii"))]
    for context in primitive.presentation_context_definition_results_list:
        syntax = _item(0x40, context.transfer_syntax[0].encode("ascii"))
        head = struct.pack(">BxBx", context.context_id, context.result)
        items.append(_item(0x21, head + syntax))
    items.append(_item(0x50, b"".join(map(_user_item, primitive.user_information))))
    body = b"".join(items)
    titles = (primitive.called_ae_title, primitive.calling_ae_title)
    called, calling = (title.ljust(16).encode("ascii") for title in titles)
    return struct.pack(">BxLHxx16s16s32x", 2, 68 + len(body), 1, called, calling) + body


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def _user_item(item: Any) -> bytes:
    """Encode one sub-item of the user information (PS3.7 D.3.3)."""
    if type(item) is MaximumLengthNotification:
        return struct.pack(">BxHL", 0x51, 4, item.maximum_length_received)
    if type(item) is ImplementationClassUIDNotification:
        return _item(0x52, item.implementation_class_uid.encode("ascii"))
    if type(item) is ImplementationVersionNameNotification:
        return _item(0x55, item.implementation_version_name.encode("ascii"))
    if type(item) is SCP_SCU_RoleSelectionNegotiation:
        uid = item.sop_class_uid.encode("ascii")
        roles = struct.pack("BB", bool(item.scu_role), bool(item.scp_role))
        return _item(0x54, struct.pack(">H", len(uid)) + uid + roles)
    encoded: bytes = item.from_primitive().encode()
    return encoded
