"""Every door of the secure lab, tried without credentials: what is not on a list here is refused.

The doors are counted from the process and from the applications, so that a new one that nobody
thought of fails a test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from labkit.access.oauth import auth_app
from labkit.common.access import DENY_ALL
from labkit.common.errors import AssociationError
from labkit.dicomweb import dicomweb_app, wado_app
from labkit.dimse import Peer, echo
from labkit.lab.control import control_app
from labkit.lab.description import read
from labkit.lab.enterprise import Enterprise
from labkit.lab.secure.facets import SecureLab
from labkit.lab.secure.rights import RIGHTS
from labkit.lab.secure.tls import learner_tls
from labkit.lab.secure.wiring import SecureGuarding
from labkit.lab.workspace import Workspace

PUBLIC = {
    ("FHIR", "GET", "/metadata"),
    ("FHIR", "HEAD", "/metadata"),
    ("FHIR", "GET", "/.well-known/smart-configuration"),
    ("FHIR", "HEAD", "/.well-known/smart-configuration"),
    ("AUTH", "GET", "/jwks"),
    ("AUTH", "HEAD", "/jwks"),
    ("AUTH", "GET", "/.well-known/oauth-authorization-server"),
    ("AUTH", "HEAD", "/.well-known/oauth-authorization-server"),
    ("AUTH", "GET", "/.well-known/smart-configuration"),
    ("AUTH", "HEAD", "/.well-known/smart-configuration"),
}
"""What is answered to everybody: it tells of nobody."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FHIR_PATHS = (
    "", "/", "/metadata", "/metadata/", "//metadata", "/metadata/x", "/METADATA", "/Patient",
    "/Patient/thistlewick", "/Patient/thistlewick/_history", "/Patient/thistlewick/_history/1",
    "/Patient/_search", "/ImagingStudy?_include=*", "/Consent", "/_history", "/Binary/x",
    "/AuditEvent", "/Subscription", "/Patient/$validate", "/Patient/thistlewick/$everything",
    "/.well-known/smart-configuration", "/.well-known/smart-configuration/..%2fPatient",
    "/metadata/../Patient", "/metadata%2f..%2fPatient", "/Patient/../metadata",
)  # fmt: skip
BAD = (
    None, "", "Bearer", "Bearer x", "Bearer x.y.z", "Basic d29ya2Jvb2s6",
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "bearer\tx", "Token abc",
)  # fmt: skip


def routes(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of an application, with something in place of each parameter."""
    while not isinstance(app, Starlette):
        app = app.app
    for route in app.routes:
        path = prefix + re.sub(r"\{[^}]*\}", "1.2.3", getattr(route, "path", ""))
        if getattr(route, "methods", None):
            yield from ((method, path) for method in sorted(getattr(route, "methods")))  # noqa: B009
        elif hasattr(route, "app"):
            yield from routes(route.app, path)


def refused(client: httpx.Client, method: str, url: str, headers: dict[str, str]) -> bool:
    """Whether a request gets 401 with a challenge, and nothing of anybody."""
    answer = client.request(method, url, headers=headers)
    if answer.status_code == 400:  # an Authorization header that is none (RFC 6750 3.1)
        return "WWW-Authenticate" in answer.headers
    return answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def test_each_listening_port_is_one_of_these(secure_lab: SecureLab) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells it without more rights (/proc)")
    secure_lab.proxy.client().studies()  # has it listen for C-MOVE
    described = read(Workspace(secure_lab.workspace).description)
    assert described is not None
    urls = (described.fhir_url, described.dicomweb_url, described.proxy_url, described.auth_url,
            described.control_url)  # fmt: skip
    known = {urlsplit(url).port for url in urls} | {node.port for node in described.nodes.values()}
    known |= {described.hl7_port}
    found = listening(described.pid)
    assert known <= found
    (receiver,) = found - known  # where C-MOVE sends to PROXY
    proxy = Peer("PROXY", "127.0.0.1", receiver, tls=secure_lab.archive.tls)
    for peer in (proxy, replace(proxy, tls=None)):  # LEARNER is none of its senders
        with pytest.raises(AssociationError):
            echo(peer, timeout=5.0)
    tls = learner_tls(Workspace(secure_lab.workspace).certificates, "LEGACY")
    assert echo(replace(proxy, tls=tls), ae_title="LEGACY", timeout=5.0).status


def listening(pid: int) -> set[int]:
    """The TCP ports that a process listens on."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        sockets |= {found[1]} if found else set()
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in sockets:
                ports.add(int(parts[1].rpartition(":")[2], 16))
    return ports


def test_every_route_of_dicomweb_and_the_facade_wants_a_token(
    secure_lab: SecureLab, http: httpx.Client
) -> None:
    source: Any = object()
    web = set(routes(dicomweb_app(source, DENY_ALL, base_url="http://x")))
    wado = set(routes(wado_app(source, DENY_ALL, base_url="http://x")))
    assert len(web) > 20 and wado
    for url in (secure_lab.dicomweb.url, secure_lab.proxy.url):
        origin = url.removesuffix("/dicom-web")
        for base, found in ((url, web), (f"{origin}/wado", wado), (origin, {("GET", "/x")})):
            for method, path in found:
                assert refused(http, method, base + path, {}), (method, base + path)
    # A browser asks in advance whether it may; it is answered, and told nothing.
    ahead = {"Origin": "https://x", "Access-Control-Request-Method": "GET"}
    answer = http.options(f"{secure_lab.dicomweb.url}/studies", headers=ahead)
    assert answer.text in ("", "OK", "Disallowed CORS origin")


def test_every_path_of_fhir_wants_a_token(secure_lab: SecureLab, http: httpx.Client) -> None:
    for method in METHODS:
        for path in FHIR_PATHS:
            url = secure_lab.fhir.url + path
            shown = httpx.URL(url).path.removeprefix("/fhir")
            if ("FHIR", method, shown) in PUBLIC:
                answer = http.request(method, url)
                assert answer.status_code == 200
                assert "thistlewick" not in answer.text.lower()
            else:
                assert refused(http, method, url, {}), (method, path)


def test_what_is_no_token_opens_nothing(secure_lab: SecureLab, http: httpx.Client) -> None:
    doors = (f"{secure_lab.fhir.url}/Patient", f"{secure_lab.dicomweb.url}/studies",
             f"{secure_lab.proxy.url}/studies")  # fmt: skip
    for url in doors:
        for header in BAD:
            headers = {} if header is None else {"Authorization": header}
            assert refused(http, "GET", url, headers), header
        assert not http.get(url, params={"access_token": secure_lab.auth.token()}).is_success


def test_a_token_from_before_a_reset_is_no_token(secure_lab: SecureLab, http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {secure_lab.auth.token()}"}
    assert http.get(f"{secure_lab.fhir.url}/Patient", headers=headers).status_code == 200
    secure_lab.reset()
    assert refused(http, "GET", f"{secure_lab.fhir.url}/Patient", headers)


def test_the_authorization_server_gives_nothing_to_nobody(
    secure_lab: SecureLab, enterprise: Enterprise, http: httpx.Client
) -> None:
    guarding = enterprise.guarding
    assert isinstance(guarding, SecureGuarding)
    found = set(routes(auth_app(guarding.authorization.server)))
    assert {path for _, path in found} >= {"/token", "/authorize", "/introspect", "/revoke"}
    for method, path in found:
        answer = http.request(method, secure_lab.auth.issuer + path)
        if ("AUTH", method, path) in PUBLIC:
            assert answer.status_code == 200 and '"d"' not in answer.text  # no private part
        else:
            assert 400 <= answer.status_code < 500, (method, path)
            assert "access_token" not in answer.text
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    for client in ("backend", "workbook", "lakeside-viewer", "viewer"):
        answer = http.post(f"{secure_lab.auth.issuer}/token", data={**form, "client_id": client})
        assert answer.status_code in (400, 401) and "access_token" not in answer.text


def test_the_control_interface_wants_its_key(
    secure_lab: SecureLab, enterprise: Enterprise, http: httpx.Client
) -> None:
    control = read(Workspace(secure_lab.workspace).description)
    assert control is not None
    inside = control_app(enterprise, key="k", shutdown=lambda: None).routes[0]
    keyed: Any = getattr(inside, "app")  # noqa: B009
    app = next(c.cell_contents for c in keyed.__closure__ if isinstance(c.cell_contents, Starlette))
    acts = set(routes(app))
    assert ("POST", "/auth/token") in acts and ("POST", "/shutdown") in acts
    token = {"Authorization": f"Bearer {secure_lab.auth.token()}"}
    for headers in ({}, {"x-labkit-key": "wrong"}, token):
        for method, path in acts:
            answer = http.request(method, control.control_url + path, headers=headers)
            assert answer.status_code == 401, (method, path)


def test_each_node_knows_its_callers_by_their_own_certificates(secure_lab: SecureLab) -> None:
    """A certificate of the lab is not enough: it has to be the one of the AE title that calls."""
    folder = Workspace(secure_lab.workspace).certificates
    assert set(secure_lab.nodes) <= set(RIGHTS)
    for name, node in secure_lab.nodes.items():
        for caller in (*RIGHTS, "LEARNER", "MR1", "LABHEALTH", "ANYBODY"):
            if caller == "LEARNER":
                continue
            with pytest.raises(AssociationError):
                echo(node, ae_title=caller, timeout=5.0)
        stranger = replace(node, tls=learner_tls(folder, "US1"))
        if "US1" not in RIGHTS[name]:
            with pytest.raises(AssociationError):
                echo(stranger, ae_title="US1", timeout=5.0)


def test_no_secret_is_where_others_can_read_it(secure_lab: SecureLab) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no such modes")
    root = secure_lab.workspace
    text = (root / "lab.json").read_text(encoding="utf-8")
    known = [each.secret for each in secure_lab.auth.clients.values() if each.secret]
    known += [user.password for user in secure_lab.auth.users.values()]
    assert known
    assert not any(secret in text for secret in (*known, "eyJ"))  # how a JWT begins
    assert root.stat().st_mode & 0o077 == 0
    for path in secrets_of(root):
        assert path.stat().st_mode & 0o077 == 0, path.name


def secrets_of(root: Path) -> Iterable[Path]:
    found = [root / "lab.json", *(root / "tls").rglob("*.key")]
    found += (root / "secure").glob("[!a]*/*.json")  # the audit holds no secret
    found += [*(root / "secure" / "keys").iterdir(), *(root / "secure").rglob("*.sqlite")]
    assert len(found) > 20
    return [path for path in found if path.name != "secure.json"]
