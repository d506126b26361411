"""Why a node rejects an association, or cannot listen, in the words of its log."""

from __future__ import annotations

import errno
from typing import Any

from labkit.common.errors import LabError, PortTaken
from labkit.pacs.config import NodeConfig

_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title {calling} is not on my list",
    (1, 7): "called AE title {called} is not mine ({own})",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "the local limit of open associations, {limit}, is reached",
}


CONTEXT_RESULTS = {
    3: "I do not offer this SOP class",
    4: "none of its transfer syntaxes is taken",
}
"""Why a presentation context is refused, by its result (PS3.8 Table 9-18)."""


def rejection_words(
    source: int, diagnostic: int, *, calling: str, called: str, own: str, limit: object = "too many"
) -> str:
    """Say what a rejection means (PS3.8 Table 9-21).

    Parameters
    ----------
    source, diagnostic
        Of the A-ASSOCIATE-RJ.
    calling, called
        The titles of the request.
    own
        The title of the one who rejects.
    limit
        How many associations it takes, where that is known.
    """
    text = _REASONS.get((source, diagnostic), "no reason given")
    return text.format(calling=calling, called=called, own=own, limit=limit)


def rejection(config: NodeConfig, answer: Any, asked: Any) -> str:
    """Say why an A-ASSOCIATE was rejected (PS3.8 Table 9-21).

    Parameters
    ----------
    config
        Who rejects.
    answer, asked
        pynetdicom's A-ASSOCIATE primitives of response and request.
    """
    return rejection_words(
        answer.result_source,
        answer.diagnostic,
        calling=str(asked.calling_ae_title).strip(),
        called=str(asked.called_ae_title).strip(),
        own=config.ae_title,
        limit=config.max_associations,
    )


def cannot_listen(name: str, host: str, port: int, error: OSError) -> LabError:
    """Make the error that says why a node cannot listen."""
    if error.errno in (errno.EADDRINUSE, errno.EACCES, 10013, 10048):
        return PortTaken(
            f"{name} cannot listen on port {port}: {error.strerror}",
            remedy="Take another port, or 0 for a free one.",
        )
    return LabError(
        f"{name} cannot listen on {host}:{port}: {error.strerror}",
        remedy="Use an address of this machine, such as 127.0.0.1.",
    )
