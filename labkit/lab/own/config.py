"""``labkit.toml``: which servers are the user's own, and what we may do there.

::

    preset = "orthanc"          # or "dcm4chee": the usual AE title, port and DICOMweb address

    [archive]
    host = "pacs.example.org"
    our_ae_title = "LABKIT"     # what it knows us as

    [fhir]
    url = "https://fhir.example.org/r4"
    token = "${FHIR_TOKEN}"     # from the environment: a file is no place for a secret

    [receive]                   # where C-MOVE may send to us
    ae_title = "LABKIT"
    port = 11113

Everything is read only unless ``[limits] read_only = false`` says otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.dimse.configured import DicomPart
from labkit.dimse.peer import Peer
from labkit.lab.own.presets import PRESETS, filled

NAME = "labkit.toml"
VARIABLE = "LABKIT_OWN"


@dataclass(frozen=True)
class WebPart:
    """``[dicomweb]`` or ``[fhir]``: a base URL and how to log in there.

    Attributes
    ----------
    url
        As in ``https://pacs.example.org/dicom-web``: the part before ``/studies``.
    user, password
        HTTP Basic (RFC 7617).
    token
        Bearer (RFC 6750).
    ca
        As of `DicomPart`.
    """

    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: Path | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            named, _ = parts.username, parts.port
        except ValueError:
            usable, named = False, None
        if not usable:
            raise UsageError(
                "url is not an address of the web.",
                remedy='Write it whole: url = "https://pacs.example.org/dicom-web"; with a preset '
                "it is made of [archive] host.",
            )
        if named is not None:
            raise UsageError(
                "url has a user in it, which would be printed.",
                remedy='Give user = "…" and password = "${VARIABLE}" beside it.',
            )
        if self.password and not self.user:
            raise UsageError("a password needs a user.", remedy='Add user = "…".')
        if self.token and self.user:
            raise UsageError("there is a token and a user.", remedy="Give one of the two.")
        object.__setattr__(self, "url", self.url.rstrip("/"))


@dataclass(frozen=True)
class ReceivePart:
    """``[receive]``: where a C-MOVE may send to us.

    Attributes
    ----------
    ae_title, port
        What the archive's administrator has to enter.
    bind
        The address of this machine to listen on; another than loopback is open to the network.
    address
        How the archive reaches us, where that is not the address by which we reach it.
    allow
        Calling AE titles that may send; by default the archive's alone.
    """

    ae_title: str
    port: int
    bind: str = "127.0.0.1"
    address: str = ""
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Peer(self.ae_title, self.bind, self.port)


@dataclass(frozen=True)
class LimitsPart:
    """``[limits]``: what we may do there.

    Attributes
    ----------
    read_only
        Send nothing that changes anything: no C-STORE, no MPPS, no commitment, no FHIR or
        DICOMweb write, no C-MOVE to others.
    max_studies
        A C-FIND is cancelled after so many matches.
    """

    read_only: bool = True
    max_studies: int = 100

    def __post_init__(self) -> None:
        if self.max_studies < 1:
            raise UsageError("max_studies is at least 1.", remedy="Leave it out for 100.")


@dataclass(frozen=True)
class OwnConfig:
    """What a ``labkit.toml`` says. Its ``repr`` shows no secret."""

    path: Path
    preset: str = ""
    archive: DicomPart | None = None
    worklist: DicomPart | None = None
    dicomweb: WebPart | None = None
    fhir: WebPart | None = None
    receive: ReceivePart | None = None
    limits: LimitsPart = field(default_factory=LimitsPart)


_PARTS: Mapping[str, type] = {
    "archive": DicomPart,
    "worklist": DicomPart,
    "dicomweb": WebPart,
    "fhir": WebPart,
    "receive": ReceivePart,
    "limits": LimitsPart,
}


def find_config(named: str | Path | None = None) -> Path | None:
    """Return the file that is meant: `named`, else ``LABKIT_OWN``, else the nearest `NAME`.

    That is looked for from here upwards, not beyond the folder that holds ``notebooks/``; ``None``
    if there is none.
    """
    chosen = named or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if (folder / "notebooks").is_dir() and (folder / "sample_data").is_dir():
            break
    return None


def load(path: Path, environment: Mapping[str, str] | None = None) -> OwnConfig:
    """Read the file.

    Parameters
    ----------
    environment
        Where ``${NAME}`` is looked up; by default the variables of this process.

    Raises
    ------
    UsageError
        It cannot be read, or says what cannot be; the message names section and key, and no value
        of a secret.
    """
    file = TomlFile.read(
        path,
        missing="Make it as docs/own-servers.md shows, or name another.",
        environment=environment,
    )
    preset = str(file.data.pop("preset", "")).lower()
    if preset and preset not in PRESETS:
        raise UsageError(
            f"{file.where('', 'preset')}: there is no preset {preset!r}.",
            remedy=f"Use one of {', '.join(PRESETS)}, or leave it out.",
        )
    file.sections(["preset", *_PARTS])
    if not {"archive", "worklist", "dicomweb", "fhir"} & set(file.data):
        raise UsageError(
            f"{path.name} names no server.", remedy="Add [archive], [dicomweb] or [fhir]."
        )
    whole = filled(preset, file.data)
    parts = {name: file.section(_PARTS[name], name, value) for name, value in whole.items()}
    return OwnConfig(path=path, preset=preset, **parts)
