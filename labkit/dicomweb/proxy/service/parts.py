"""The sections of a façade's file, each with the checks of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from labkit.common.errors import UsageError
from labkit.dimse.configured import DicomPart
from labkit.dimse.peer import Peer, check_ae_title
from labkit.dimse.receiver import is_loopback

PATH = "/dicom-web"
"""Where QIDO-RS, WADO-RS and STOW-RS are, unless `base_url` says otherwise."""
RETRIEVES = ("auto", "c-get", "c-move")
NAMES = ("auto", "pacs", "here")
PRODUCTS = ("", "orthanc", "dcm4chee")
NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class ProxyPart:
    """``[proxy]``: where the façade answers, and how.

    Attributes
    ----------
    port, bind
        Where it listens; another address than loopback needs clients or TLS.
    base_url
        As clients reach it, with the path; by default made of `bind` and `port`.
    ae_title
        What it calls the PACS as, and what C-MOVE sends to.
    slow_after
        Seconds after which a request that waits for a retrieve is answered 503 + Retry-After.
    trust
        Seconds for which what is in the cache is given without asking the PACS whether it changed.
    certificate, key
        PEM files: HTTPS.
    hooks
        Functions ``package.module:name`` that change each data set before it leaves.
    origins
        Web origins whose pages may use it (CORS), as in ``https://viewer.example.org``.
    store_to
        Name of the PACS that STOW-RS stores into; by default the first.
    finish
        Seconds that answers under way may take after a SIGTERM.
    """

    port: int
    bind: str = "127.0.0.1"
    base_url: str = ""
    ae_title: str = "PROXY"
    slow_after: float = 20.0
    trust: float = 0.0
    certificate: Path | None = None
    key: Path | None = None
    hooks: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    store_to: str = ""
    finish: float = 15.0

    def __post_init__(self) -> None:
        Peer(self.ae_title, self.bind, self.port)
        if bool(self.certificate) != bool(self.key):
            raise UsageError("certificate and key go together.", remedy="Give both, or neither.")
        _within("slow_after", self.slow_after, 0.1, 3600, "seconds")
        _within("trust", self.trust, 0, 30 * 86400, "seconds")
        _within("finish", self.finish, 0, 3600, "seconds")
        for hook in self.hooks:
            if not re.fullmatch(r"\w+(\.\w+)*:\w+", hook):
                raise UsageError(
                    "hooks has what is no function's name.",
                    remedy='Write "package.module:function".',
                )
        for origin in self.origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
                raise UsageError(
                    "origins has what is no web origin.",
                    remedy='Write it as browsers do, without a path: "https://viewer.example.org".',
                )
        if not self.base_url and self.bind in ("0.0.0.0", "::"):  # nosec B104: to refuse it
            raise UsageError(
                "base_url is needed: bind names every address, and clients use one.",
                remedy=f'Add base_url = "https://images.example.org{PATH}".',
            )
        url = urlsplit(self.url)
        if url.scheme not in ("http", "https") or not url.hostname or url.username is not None:
            raise UsageError(
                "base_url is not an address of the web.",
                remedy=f'Write it whole: "https://images.example.org{PATH}".',
            )
        if not url.path.strip("/"):
            raise UsageError(
                "base_url has no path, and the roots of the service are below one.",
                remedy=f'Add one: "{self.url.rstrip("/")}{PATH}".',
            )

    @property
    def secure(self) -> bool:
        """Whether it speaks HTTPS itself."""
        return self.certificate is not None

    @property
    def url(self) -> str:
        """The base URL."""
        scheme = "https" if self.secure else "http"
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        return (self.base_url or f"{scheme}://{host}:{self.port}{PATH}").rstrip("/")

    @property
    def open_to_network(self) -> bool:
        """Whether others than the programs of this machine reach it."""
        return not is_loopback(self.bind)


@dataclass(frozen=True)
class ReceivePart:
    """``[receive]``: where C-MOVE sends to; without it a PACS must offer C-GET.

    Attributes
    ----------
    port, bind
        Where it listens, for the PACS alone.
    address
        How a PACS reaches this machine, where that is not `bind`; for what `--check` prints.
    allow
        Calling AE titles that may send; by default those of the PACS.
    certificate, key
        PEM files: TLS.
    ca
        PEM file of who signs the certificates of the PACS; with it, each must show one.
    """

    port: int
    bind: str = "127.0.0.1"
    address: str = ""
    allow: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    def __post_init__(self) -> None:
        Peer("PROXY", self.bind, self.port)
        for title in self.allow:
            check_ae_title(title)
        if bool(self.certificate) != bool(self.key):
            raise UsageError("certificate and key go together.", remedy="Give both, or neither.")
        if self.ca and not self.certificate:
            raise UsageError("ca is of no use without TLS.", remedy="Add certificate and key.")


@dataclass(frozen=True)
class CachePart:
    """``[cache]``: objects that were fetched, kept over a restart.

    Attributes
    ----------
    folder
        Where, from the folder of the file. They are patients' images: its owner's alone.
    gigabytes, hours
        How much, and for how long without being asked for.
    """

    folder: str = "cache"
    gigabytes: float = 10.0
    hours: float = 168.0

    def __post_init__(self) -> None:
        if not self.folder.strip():
            raise UsageError("folder is empty.", remedy="Name one, or leave it out.")
        _within("gigabytes", self.gigabytes, 0.01, 1e6, "gigabytes")
        _within("hours", self.hours, 0.01, 1e6, "hours")


@dataclass(frozen=True)
class PacsPart(DicomPart):
    """``[[pacs]]``: one PACS behind the façade; what is not below is as of `DicomPart`.

    Attributes
    ----------
    our_ae_title
        By default the façade's own.
    passcode_file
        Holds the passcode; or write ``passcode = "${VARIABLE}"``.
    name
        What it is called in logs, metrics and traces; by default its AE title.
    retrieve
        ``"c-get"``, ``"c-move"``, or ``"auto"``: C-GET where it is offered.
    associations
        How many at once at most.
    timeout
        Seconds that it may be silent.
    names
        Who compares names: ``"pacs"``; ``"here"``, where it minds case; ``"auto"`` finds out.
    product
        ``"orthanc"`` or ``"dcm4chee"``, for the spelling of what `--check` prints.
    """

    our_ae_title: str = ""
    passcode_file: Path | None = None
    name: str = ""
    retrieve: str = "auto"
    associations: int = 4
    timeout: float = 30.0
    names: str = "auto"
    product: str = ""

    def __post_init__(self) -> None:
        if self.passcode_file is not None:
            if self.passcode:
                raise UsageError("passcode is there twice.", remedy="Give it, or its file.")
            try:
                text = self.passcode_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"passcode_file cannot be read ({type(error).__name__}).",
                    remedy="It holds the passcode alone, as UTF-8, and this user may read it.",
                ) from None
            object.__setattr__(self, "passcode", text)
        super().__post_init__()
        name = self.name or check_ae_title(self.ae_title)
        if self.name and not NAME.fullmatch(self.name):
            raise UsageError(
                "name has other than letters, digits, '.', '_' and '-'.", remedy="Shorten it."
            )
        object.__setattr__(self, "name", name)
        for key, known in (("retrieve", RETRIEVES), ("names", NAMES), ("product", PRODUCTS)):
            if getattr(self, key) not in known:
                words = ", ".join(filter(None, known))
                raise UsageError(f"{key} is none that is known.", remedy=f"It is one of {words}.")
        _within("associations", self.associations, 1, 64, "associations")
        _within("timeout", self.timeout, 0.5, 3600, "seconds")


def _within(key: str, value: float, least: float, most: float, unit: str) -> None:
    if not least <= value <= most:  # NaN is not, either
        raise UsageError(
            f"{key} is not between {least:g} and {most:g} {unit}.", remedy="Leave it out for ours."
        )
