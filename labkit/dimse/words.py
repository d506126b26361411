"""Numbers of the upper layer in words; the words are pynetdicom's own."""

from __future__ import annotations

from pydicom import config
from pydicom.uid import UID
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ
from pynetdicom.pdu_items import UserIdentitySubItemRQ
from pynetdicom.presentation import PresentationContext

UNKNOWN = "not a listed value"


def uid_name(uid: str) -> str:
    """Name a UID of PS3.6, or give ``""`` for one that it does not list."""
    name = UID(uid, config.IGNORE).name if uid else ""
    return "" if name == uid else name


def rejection(result: int, source: int, reason: int) -> tuple[str, str, str]:
    """Say result, source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""
    rj = A_ASSOCIATE_RJ()
    rj.result, rj.source, rj.reason_diagnostic = result, source, reason
    words = []
    for attribute in ("result_str", "source_str", "reason_str"):
        try:
            words.append(_sentence(getattr(rj, attribute)))
        except (ValueError, KeyError):  # outside the table
            words.append(UNKNOWN)
    return words[0], words[1], words[2]


def abort(source: int, reason: int) -> tuple[str, str]:
    """Say source and reason of an A-ABORT (PS3.8 Table 9-26)."""
    rq = A_ABORT_RQ()
    rq.source, rq.reason_diagnostic = source, reason
    why = rq.reason_str if source == 2 else "not significant"
    return _listed(rq.source_str), _listed(why)


def context_result(result: int) -> str:
    """Say the result of a presentation context (PS3.8 Table 9-18)."""
    context = PresentationContext()
    context.result = result
    return _listed(context.status)


def identity_type(number: int) -> str:
    """Say the type of a user identity (PS3.7 D.3.3.7.1)."""
    item = UserIdentitySubItemRQ()
    item.user_identity_type = number
    return _listed(item.id_type_str)


def _listed(words: str) -> str:
    return UNKNOWN if words in ("(no value available)", "Unknown") else _sentence(words)


def _sentence(words: str) -> str:
    """Write a title as part of a sentence: ``called AE title not recognised``."""
    kept = ("AE", "PDU", "DUL", "ACSE", "SAML", "JSON")
    return " ".join(
        w if w.strip("()").split("-")[0] in kept else w.lower() for w in words.strip().split()
    )
