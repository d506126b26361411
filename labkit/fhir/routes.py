"""Which interaction a method and a path mean: one table, for HTTP and for Bundle entries."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from labkit.fhir import bundles, history, interactions, operations, searchset
from labkit.fhir.definitions import definitions
from labkit.fhir.messages import Answer, Ask, Service
from labkit.fhir.outcome import FhirError, Issue, refuse

Act = Callable[[Service, str, Ask], Answer]


def _bundle(service: Service, actor: str, ask: Ask) -> Answer:
    return bundles.process(service, actor, ask, respond)


#: Shape of the path → method → the codes that a CapabilityStatement has for it, and the function.
#: The codes are of the value sets type- and system-restful-interaction, and names of operations.
TABLE: dict[tuple[str, ...], dict[str, tuple[tuple[str, ...], Act]]] = {
    (): {"POST": (("transaction", "batch"), _bundle)},
    ("_history",): {"GET": (("history-system",), history.history)},
    ("[type]",): {
        "GET": (("search-type",), searchset.search),
        "POST": (("create",), interactions.create),
        "PUT": ((), interactions.update),  # by criteria
        "DELETE": ((), interactions.delete),
    },
    ("[type]", "_search"): {"POST": ((), searchset.search)},
    ("[type]", "_history"): {"GET": (("history-type",), history.history)},
    ("[type]", "$validate"): {"POST": (("$validate",), operations.validate_resource)},
    ("[type]", "[id]"): {
        "GET": (("read",), interactions.read),
        "PUT": (("update",), interactions.update),
        "PATCH": (("patch",), interactions.patch),
        "DELETE": (("delete",), interactions.delete),
    },
    ("[type]", "[id]", "_history"): {"GET": (("history-instance",), history.history)},
    ("[type]", "[id]", "_history", "[version]"): {"GET": (("vread",), interactions.read)},
    ("[type]", "[id]", "$validate"): {
        "GET": ((), operations.validate_resource),
        "POST": ((), operations.validate_resource),
    },
}


def shape(path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the row of the table that a path is of, or ``None``; fixed words go first."""
    for row in sorted(TABLE, key=lambda row: sum(part[0] == "[" for part in row)):
        if len(row) == len(path) and all(
            part == own or (part[0] == "[" and own[:1] not in ("_", "$"))
            for part, own in zip(row, path, strict=True)
        ):
            return row
    return None


def respond(service: Service, actor: str, ask: Ask) -> Answer:
    """Answer a request.

    Raises
    ------
    FhirError
        404 for a path or a resource type that is none, 405 for a method; and what the interaction
        refuses.
    """
    act = find(ask.method, ask.path)
    return act(service, actor, ask)


def find(method: str, path: tuple[str, ...]) -> Act:
    """Return the interaction; 404 or 405 if there is none."""
    row = shape(path)
    if row is None:
        text = f"no interaction of FHIR has the path /{'/'.join(path)}; see [base]/metadata"
        raise refuse(404, "not-found", text)
    if row[:1] == ("[type]",):
        known_type(path[0])
    method = "GET" if method == "HEAD" else method
    if method not in TABLE[row]:
        allow = ", ".join(TABLE[row])
        text = f"{method} is not possible at /{'/'.join(row)}, only {allow}"
        raise FhirError(405, [Issue("not-supported", text)], headers={"Allow": allow})
    return TABLE[row][method][1]


def known_type(kind: str) -> None:
    """Refuse with 404 a resource type that the server does not have."""
    known = definitions().resources
    if kind not in known:
        close = get_close_matches(kind.capitalize(), known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        text = f"no resource type {kind!r} here; {hint}the server has {', '.join(known)}"
        raise refuse(404, "not-supported", text)
