"""Verification (PS3.4 Annex A): answers that it is there."""

from __future__ import annotations

from labkit.pacs.exchange import NOT_AUTHORISED, SUCCESS, Exchange


def serve(x: Exchange) -> None:
    """Answer a C-ECHO."""
    decision = x.may("C-ECHO", {})
    if not decision:
        x.warn(f"C-ECHO refused: {decision.reason}")
        x.respond(NOT_AUTHORISED, comment=decision.reason)
        return
    x.info("C-ECHO answered")
    x.respond(SUCCESS)
