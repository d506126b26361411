"""Acknowledgements: MSA says whether, ERR why not (HL7 v2 2.9.2, original mode)."""

from __future__ import annotations

import re
from datetime import datetime

from hl7apy.core import Message

from labkit.hl7.message import Hl7Message, MessageError

_FIELD = re.compile(r"([A-Z0-9]{3})-(\d+)(?:\.(\d+))?")
_VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8")


def acknowledge(
    message: Hl7Message | None,
    error: MessageError | None = None,
    *,
    control_id: str,
    when: datetime,
    application: str = "RIS",
    facility: str = "NORTHGEN",
) -> str:
    """Make the acknowledgement of a message.

    Parameters
    ----------
    message
        What is answered; ``None`` where it could not be read at all.
    error
        Why it is not accepted; ``None`` accepts it (AA).
    control_id
        MSH-10 of the answer itself.
    when
        MSH-7.
    application, facility
        Who answers: MSH-3 and MSH-4.

    Returns
    -------
    str
        The message, segments ended by carriage returns.
    """
    version = message.version if message is not None else ""
    ack = Message("ACK", version=version if version in _VERSIONS else "2.5.1")
    msh = ack.msh
    msh.msh_3, msh.msh_4 = application, facility
    msh.msh_7 = when.strftime("%Y%m%d%H%M%S")
    msh.msh_10, msh.msh_11 = control_id, "P"
    if message is not None:
        msh.msh_5, msh.msh_6 = message.get("MSH-3"), message.get("MSH-4")
        msh.msh_11 = message.get("MSH-11", "P")
        event = message.get("MSH-9.2")
        msh.msh_9 = f"ACK^{event}" if event else "ACK"
        if message.codec != "ascii":
            msh.msh_18 = message.get("MSH-18", "UNICODE UTF-8")
    ack.msa.msa_1 = "AA" if error is None else error.accept
    ack.msa.msa_2 = message.control_id if message is not None else ""
    if error is not None:
        ack.msa.msa_3 = _text(error.message)[:80]
        _explain(ack, error)
    return str(ack.to_er7()) + "\r"


def _explain(ack: Message, error: MessageError) -> None:
    """ERR: where, which code, and for a person (2.15.5); its form before version 2.5 is another."""
    if ack.version < "2.5":
        return
    err = ack.add_segment("ERR")
    found = _FIELD.fullmatch(error.field)
    if found:
        err.err_2 = "^".join(filter(None, (found[1], "1", found[2])))
    err.err_3 = f"{error.code}^^HL70357"
    err.err_4 = "E"
    err.err_8 = _text(" ".join(filter(None, (error.message, error.remedy))))[:250]


def _text(text: str) -> str:
    """No separator, and nothing that ends a segment, in words for a person."""
    text = re.sub(r"[\r\n]+", " ", text).encode("ascii", "replace").decode()
    return re.sub(r"[|^~&\\]", " ", text)
