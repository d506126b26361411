"""Which source an address means."""

from __future__ import annotations

import os
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dicomweb import DicomwebClient
from labkit.fhir.mapping.sources import open_source
from labkit.fhir.mapping.sources.archive import ArchiveSource
from labkit.fhir.mapping.sources.web import TOKEN
from labkit.lab.owndata.found import Origin
from labkit.lab.owndata.from_archive import ArchiveOrigin
from labkit.lab.owndata.from_files import FileOrigin
from labkit.lab.owndata.from_web import WebOrigin
from labkit.lab.workspace import Workspace

OWN = "own:"
FORMS = (
    "Give a file or folder, aet://CALLED@host:port, https://… (the part before /studies), or "
    "own:archive or own:dicomweb (of labkit.toml: docs/own-servers.md)."
)


def origin_of(text: str, workspace: Workspace) -> Origin:
    """Make the source of an address.

    Parameters
    ----------
    text
        A path; ``aet://CALLED@host:port`` (our title before it, with a colon); the base of a
        DICOMweb server; ``own:archive`` or ``own:dicomweb``, as ``labkit.toml`` describes them,
        with its certificates and logins.

    Raises
    ------
    UsageError
        It is none.
    """
    if text.startswith(OWN):
        return _own(text.removeprefix(OWN), workspace)
    if text.startswith(("http://", "https://")):
        token = os.environ.get(TOKEN)
        headers = {"Authorization": f"Bearer {token}"} if token else None
        return WebOrigin(DicomwebClient(text, headers=headers))
    if "://" in text:
        source = open_source(text)
        if not isinstance(source, ArchiveSource):
            raise UsageError(f"Nothing is imported from {text}.", remedy=FORMS)
        return ArchiveOrigin(source.peer, source.ae_title)
    if not Path(text).exists():
        raise UsageError(f"There is no {text}.", remedy=FORMS)
    return FileOrigin(Path(text))


def is_remote(text: str) -> bool:
    """Whether an address is a server's, so that not all it has can be meant."""
    return text.startswith(OWN) or "://" in text


def _own(name: str, workspace: Workspace) -> Origin:
    from labkit.lab.own.lab import OwnLab, read_config

    servers = OwnLab(workspace, read_config())
    if name == "archive":
        return ArchiveOrigin(servers.archive)
    if name == "dicomweb":
        return WebOrigin(servers.dicomweb.client())
    raise UsageError(f"Nothing is imported from {OWN}{name}.", remedy=FORMS)
