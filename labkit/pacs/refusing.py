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
    (3, 2): "{limit} associations are open already (local limit)",
}


def rejection(config: NodeConfig, answer: Any, asked: Any) -> str:
    """Say why an A-ASSOCIATE was rejected (PS3.8 Table 9-21).

    Parameters
    ----------
    config
        Who rejects.
    answer, asked
        pynetdicom's A-ASSOCIATE primitives of response and request.
    """
    text = _REASONS.get((answer.result_source, answer.diagnostic), "no reason given")
    return text.format(
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
