"""Which path and method mean what: one table, for routing and for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from labkit.dicomweb import bulk, delete, render, retrieve, search, store, wado_uri
from labkit.dicomweb.service import Service


@dataclass(frozen=True)
class Act:
    """What is done for one method of a path.

    Attributes
    ----------
    says
        In words.
    section
        Of PS3.18.
    plain, awaited
        The function: one that is run in a thread, or one that reads the body as it comes.
    """

    says: str
    section: str
    plain: Callable[[Service, Request], Response] | None = None
    awaited: Callable[[Service, Request], Awaitable[Response]] | None = None


_STUDY = "/studies/{study}"
_SERIES = _STUDY + "/series/{series}"
_INSTANCE = _SERIES + "/instances/{instance}"
_FRAMES = _INSTANCE + "/frames/{frames}"
_SEARCHES = (
    "/studies", "/series", "/instances",
    _STUDY + "/series", _STUDY + "/instances", _SERIES + "/instances",
)  # fmt: skip

ROUTES: dict[str, dict[str, Act]] = {
    path: {"GET": Act(f"Search for {path.rsplit('/', 1)[1]}", "10.6", search.search)}
    for path in _SEARCHES
}
for _path, _name in ((_STUDY, "study"), (_SERIES, "series"), (_INSTANCE, "instance")):
    ROUTES[_path] = {
        "GET": Act(f"Retrieve the objects of this {_name}", "10.4.1.1.1", retrieve.instances),
        "DELETE": Act(f"Delete this {_name}", "", delete.delete),
    }
    ROUTES[f"{_path}/metadata"] = {
        "GET": Act(f"Retrieve the headers of this {_name}", "10.4.1.1.2", retrieve.metadata)
    }
for _path in (_STUDY, _SERIES, _INSTANCE, _FRAMES):
    ROUTES[f"{_path}/rendered"] = {"GET": Act("A picture", "10.4.1.1.3", render.picture)}
    ROUTES[f"{_path}/thumbnail"] = {"GET": Act("A small picture", "10.4.1.1.4", render.picture)}
ROUTES[f"{_INSTANCE}/bulkdata/{{element:path}}"] = {
    "GET": Act("The value of one element", "10.4.1.1.5", bulk.bulkdata)
}
ROUTES[_FRAMES] = {"GET": Act("Retrieve frames", "10.4.1.1.6", bulk.frames)}
for _path in ("/studies", _STUDY):
    ROUTES[_path]["POST"] = Act("Store objects", "10.5", awaited=store.store)

WADO = {"/": {"GET": Act("An object or a picture of it", "9.4", wado_uri.wado)}}
