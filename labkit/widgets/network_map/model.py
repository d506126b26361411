"""NetworkMap, the Python side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from traitlets import Dict, Unicode

from labkit.common.errors import LabkitError, UsageError
from labkit.common.wording import counted
from labkit.exchange.network.design import Design
from labkit.exchange.network.picture import FORMAT, picture
from labkit.widgets.base.fallback import table
from labkit.widgets.base.watch import WatchingWidget
from labkit.widgets.network_map.layout import HEIGHT, WIDTH, places

ACTS = {"kill": "site", "revive": "site", "cut": "link", "mend": "link"}
"""What can be done, and to what."""
STATIC = 60
"""Most rows of a page without widgets."""
_SITE = ("name", "community", "role", "ae_title", "archive", "up", "waiting")
_LINK = ("name", "from", "to", "mbit", "ms", "tls", "up", "bytes", "messages")


class Living(Protocol):
    """What a map is of, where it can be acted on: `labkit.exchange.network.Network`."""

    def picture(self) -> dict[str, Any]:
        """Return it as plain data."""
        ...


class NetworkMap(WatchingWidget):
    """See the sites and lines of an exchange and what flows over them; kill and cut with a click.

    Parameters
    ----------
    source
        A network that runs: it is watched, and clicks act on it. Or a design, a picture
        (``labkit-network/1``), or a function that returns one, which is watched.
    act
        Called with ``"kill"``, ``"revive"``, ``"cut"`` or ``"mend"`` and a name, where something
        was clicked; where it is left out and `source` is no network, nothing can be clicked.

    Raises
    ------
    UsageError
        The picture is none.

    Examples
    --------
    >>> map = NetworkMap(network)
    >>> map.act("cut", "north-centre")      # what the button does
    >>> map.down                            # ['north-centre']
    """

    folder: ClassVar[Path] = Path(__file__).parent

    selected = Unicode("", help="site:NAME, link:NAME or empty").tag(sync=True)
    asked = Dict(help="what was done last on the map: act and name").tag(sync=True)
    _map = Dict(help="sites and links with places, flows, totals").tag(sync=True)
    _acts = Dict(help="whether something can be clicked").tag(sync=True)

    def __init__(
        self,
        source: Living | Design | Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        act: Callable[[str, str], object] | None = None,
    ) -> None:
        self._done = act
        self._acting = threading.Lock()
        fetch: Callable[[], Mapping[str, Any]] | None = None
        if isinstance(source, Design):
            self.picture = picture(source)
        elif isinstance(source, Mapping):
            self.picture = dict(source)
        elif hasattr(source, "picture"):
            network = source
            fetch = network.picture
            self.picture = network.picture()
            self._done = act or (lambda kind, name: getattr(network, kind)(name))
        elif callable(source):
            fetch = source
            self.picture = dict(source())
        else:
            raise _none(type(source).__name__)
        super().__init__(_map=self._payload(self.picture), _acts={"possible": bool(self._done)})
        if fetch is not None:
            self.watch(fetch)

    # -- for code --

    @property
    def down(self) -> list[str]:
        """Names of the sites without power, then of the lines that are cut."""
        rows = [*self.picture["sites"], *self.picture["links"]]
        return [row["name"] for row in rows if not row["up"]]

    def act(self, kind: str, name: str) -> None:
        """Do what the map's buttons do: ``"kill"``, ``"revive"``, ``"cut"``, ``"mend"``.

        Raises
        ------
        UsageError
            There is no such act or no such site or line, or this map only shows.
        """
        if kind not in ACTS:
            raise UsageError(
                f"There is no {kind!r} on a map.", remedy=f"There is {', '.join(ACTS)}."
            )
        rows = self.picture["sites" if ACTS[kind] == "site" else "links"]
        if name not in [row["name"] for row in rows]:
            raise UsageError(f"There is no {ACTS[kind]} {name}.", remedy="Take a name on the map.")
        if self._done is None:
            raise UsageError(
                "This map shows, and changes nothing.", remedy="Give NetworkMap a network, or act=."
            )
        with self._acting:  # clicks come one after the other
            self._done(kind, name)
        self.asked = {"act": kind, "name": name}

    def append(self, source: object) -> None:
        """Show a newer picture."""
        if not isinstance(source, Mapping):
            raise _none(type(source).__name__)
        with self._lock:
            fresh = self._payload(source)
            self.picture = dict(source)
            if fresh != self._map:
                self._map = fresh

    def summary(self) -> str:
        """Say how much there is, and what is down."""
        sites, links = len(self.picture["sites"]), len(self.picture["links"])
        down = f", down: {', '.join(self.down)}" if self.down else ""
        return f"{counted(sites, 'site')}, {counted(links, 'line')}{down}"

    def fallback(self) -> dict[str, object]:
        """Return the sites with their lines as a table; no counts, which differ from run to run."""
        rows = []
        for site in self.picture["sites"][:STATIC]:
            lines = [_line(link, site["name"]) for link in self.picture["links"]]
            rows.append(
                [
                    site["name"],
                    site["community"],
                    site["role"],
                    "up" if site["up"] else "down",
                    "; ".join(filter(None, lines)),
                ]
            )
        more = len(self.picture["sites"]) - len(rows)
        note = f"{counted(more, 'more site')}. Run the cell to see all." if more else ""
        columns = ["site", "community", "role", "state", "lines to"]
        caption = f"{self.picture['name']} ({self.picture['style']}): {self.summary()}"
        return {"text/html": table(columns, rows, caption, note)}

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return what the view may ask for."""
        return {**super().handlers(), "act": self._clicked}

    # -- inside --

    def _clicked(self, message: dict[str, Any]) -> None:
        self.act(str(message.get("act")), str(message.get("name")))

    def _payload(self, source: Mapping[str, Any]) -> dict[str, Any]:
        if source.get("format") != FORMAT:
            raise _none(f"{source.get('format')!r}")
        try:
            at = places(source["sites"])
            sites = [{key: site[key] for key in _SITE} | {"x": at[site["name"]][0],
                     "y": at[site["name"]][1]} for site in source["sites"]]  # fmt: skip
            links = [{key: link[key] for key in _LINK} for link in source["links"]]
            flows = [dict(flow) for flow in source["flows"]]
        except (KeyError, TypeError) as error:
            raise UsageError(
                f"The picture of the network lacks {error}.", remedy="Give network.picture()."
            ) from error
        return {"name": source["name"], "style": source["style"], "sites": sites, "links": links,
                "flows": flows, "width": WIDTH, "height": HEIGHT}  # fmt: skip


def _line(link: Mapping[str, Any], site: str) -> str:
    if site not in (link["from"], link["to"]):
        return ""
    other = str(link["to"] if link["from"] == site else link["from"])
    marks = ([] if link["up"] else ["cut"]) + ([] if link["tls"] else ["no TLS"])
    return f"{other} ({', '.join(marks)})" if marks else other


def _none(what: str) -> LabkitError:
    return UsageError(
        f"{what} is no picture of a network.",
        remedy="Give a network that runs, a design, or network.picture().",
    )
