"""Which source an address means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from labkit.common.errors import UsageError
from labkit.dimse.peer import Peer
from labkit.fhir.mapping.sources.base import Source
from labkit.fhir.mapping.sources.files import FileSource
from labkit.fhir.mapping.sources.selection import Selection

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_HINT = "Write aet://CALLED@host:port, or aet://CALLING:CALLED@host:port."


def open_source(
    where: str | Path | Sequence[str | Path],
    selection: Selection | None = None,
    *,
    retrieve: str = "",
    **options: Any,
) -> Source:
    """Make the source of an address.

    Parameters
    ----------
    where
        Files and folders; ``aet://CALLED@host:port`` (the calling title before it, with a colon);
        or the base of a DICOMweb server, ``https://…``.
    selection
        Which studies.
    retrieve
        For ``aet://``: ``"get"`` or ``"move"`` to have the instances; by default C-FIND alone.
    options
        Of the source: ``slice_days``, ``timeout``, ``destination`` …

    Raises
    ------
    UsageError
        The address or an option is none.
    """
    texts = [str(where)] if isinstance(where, (str, Path)) else [str(one) for one in where]
    remote = [text for text in texts if _SCHEME.match(text)]
    if not remote:
        if retrieve:
            raise UsageError(
                "retrieving is for an archive: files are here already",
                remedy="Leave it out, or give aet://CALLED@host:port.",
            )
        return FileSource(texts, selection)
    if len(texts) > 1:
        raise UsageError(
            "only files and folders can be given several at a time",
            remedy="Run once for each archive.",
        )
    scheme = remote[0].partition(":")[0].lower()
    if scheme == "aet":
        return _archive(remote[0], selection, retrieve, options)
    if scheme in ("http", "https") and not retrieve:
        from labkit.fhir.mapping.sources.web import WebSource

        return WebSource(remote[0], selection, **options)
    raise UsageError(
        f"nothing is read from {scheme}:// like this",
        remedy="Give a path, aet://CALLED@host:port, or https://… without --retrieve.",
    )


def _archive(
    text: str, selection: Selection | None, retrieve: str, options: dict[str, Any]
) -> Source:
    from labkit.fhir.mapping.sources.archive import ArchiveSource
    from labkit.fhir.mapping.sources.retrieval import GetSource, MoveSource

    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{text} has no port that can be: {error}", remedy=_HINT) from error
    titles = [unquote(title) for title in (parts.username, parts.password) if title]
    if not titles or not host or not port or parts.path not in ("", "/"):
        raise UsageError(f"{text} does not name an AE title, a host and a port", remedy=_HINT)
    if len(titles) == 2:
        options = {**options, "ae_title": titles[0]}
    kinds: dict[str, type[ArchiveSource]] = {
        "": ArchiveSource,
        "get": GetSource,
        "move": MoveSource,
    }
    if retrieve not in kinds:
        raise UsageError(f"there is no way to retrieve called {retrieve!r}", remedy="get or move.")
    return kinds[retrieve](Peer(titles[-1], host, port), selection, **options)
