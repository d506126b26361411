"""TLS, logins and limits of a ``labkit.toml``, before servers that want them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from pynetdicom.sop_class import (
    BasicGrayscalePrintManagementMeta,
    CTImageStorage,
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
    PatientRootQueryRetrieveInformationModelFind,
    StorageCommitmentPushModel,
    UnifiedProcedureStepPush,
    Verification,
)

from labkit.common import ALLOW_ALL, AccessRequest
from labkit.common.errors import AccessDenied, AssociationError
from labkit.dicom import studies
from labkit.dimse import Authority, echo, find, identifier, server_context, store
from labkit.lab.doctor.examine import findings, plan_of_own
from labkit.lab.own.config import OwnConfig, load
from labkit.lab.own.connect import node_of, web_client
from labkit.lab.own.guard import GuardedTransport, ReadOnly
from labkit.lab.own.lab import OwnLab
from labkit.lab.workspace import Workspace
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode

SAID: dict[str, str] = {}


class Web(BaseHTTPRequestHandler):
    """Answers with a CapabilityStatement, whoever asks, and notes how."""

    def do_GET(self) -> None:
        SAID.update({"path": self.path, "login": self.headers.get("authorization", "")})
        body = b'{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure(ca: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a PACS that speaks TLS and wants a certificate."""
    folder = tmp_path_factory.mktemp("pacs")
    archive = Archive(folder)
    context = server_context(ca.credential("PACS"), clients=ca.certificate)
    node = PacsNode(
        NodeConfig("PACS", tls=context), archive,
        policy=ALLOW_ALL, destinations=Destinations(), log=EventLog(folder / "log"),
    )  # fmt: skip
    yield node.start()
    node.stop()
    archive.close()


@pytest.fixture(scope="module")
def https(ca: Authority) -> Iterator[int]:
    """The port of a web server that speaks TLS."""
    server = HTTPServer(("127.0.0.1", 0), Web)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    credential = ca.credential("WEB")
    shown.load_cert_chain(credential.certificate, credential.key)
    server.socket = shown.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def read(folder: Path, text: str) -> OwnConfig:
    (folder / "own.toml").write_text(text)
    return load(folder / "own.toml", {"SECRET": "opens"})


def archive_part(port: int, more: str = "") -> str:
    return f'[archive]\nae_title = "PACS"\nhost = "127.0.0.1"\nport = {port}\n{more}\n'


def test_an_archive_with_tls_both_ways(ca: Authority, secure: int, tmp_path: Path) -> None:
    mine = ca.credential("LEARNER")
    trust = f"ca = '{ca.certificate}'\n"
    show = f"certificate = '{mine.certificate}'\nkey = '{mine.key}'\nuser = 'ada'\n"
    config = read(tmp_path, archive_part(secure, trust + show))
    assert config.archive is not None
    node = node_of(config.archive, config, role="PACS archive")
    answer = echo(node)
    assert answer.status == 0x0000 and b"ada" in answer.trace.pdus[0].data
    found = {one.layer: one for one in findings(plan_of_own(OwnLab(Workspace(tmp_path), config)))}
    assert found["TLS"].state == "ok" and found["C-FIND"].state == "ok"
    for wrong in (trust, "tls = true\n", trust + show + "server_name = 'other.example'\n"):
        config = read(tmp_path, archive_part(secure, wrong))
        assert config.archive is not None
        with pytest.raises(AssociationError):
            echo(node_of(config.archive, config, role=""), timeout=5)


def test_a_query_without_a_limit_has_that_of_the_file(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "held")
    node = PacsNode(
        NodeConfig("PACS"), archive,
        policy=ALLOW_ALL, destinations=Destinations(), log=EventLog(tmp_path / "log"),
    )  # fmt: skip
    try:
        more = "[limits]\nmax_studies = 2\nread_only = false\n"
        config = read(tmp_path, archive_part(node.start(), more))
        assert config.archive is not None
        ours = node_of(config.archive, config, role="")
        store(ours, [study.files[0] for study in studies()]).raise_for_status()
        keys = identifier("STUDY", StudyInstanceUID=None)
        assert len(find(ours, keys)) == 2 < len(find(ours, keys, limit=5))
    finally:
        node.stop()
        archive.close()


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        ('token = "${SECRET}"', "Bearer opens"),
        ('user = "ada"\npassword = "${SECRET}"', "Basic YWRhOm9wZW5z"),
        ("", ""),
    ],
)
def test_https_and_logins(login: str, sent: str, ca: Authority, https: int, tmp_path: Path) -> None:
    url = f'[fhir]\nurl = "https://127.0.0.1:{https}/r4"\n'
    config = read(tmp_path, f"{url}ca = '{ca.certificate}'\n{login}\n")
    lab = OwnLab(Workspace(tmp_path), config)
    with lab.fhir.client() as client:
        assert client.capabilities()["fhirVersion"] == "4.0.1"
    assert {"path": "/r4/metadata", "login": sent} == SAID
    found = {one.layer: one for one in findings(plan_of_own(lab))}
    assert found["TLS"].state == found["metadata"].state == "ok"


def test_who_is_not_trusted_gets_no_secret(https: int, tmp_path: Path) -> None:
    SAID.clear()
    config = read(
        tmp_path, f'[fhir]\nurl = "https://127.0.0.1:{https}/r4"\ntoken = "${{SECRET}}"\n'
    )
    assert config.fhir is not None
    with web_client(config.fhir, read_only=True) as web, pytest.raises(httpx.ConnectError):
        web.get("metadata")
    assert SAID == {}
    (*_, last) = findings(plan_of_own(OwnLab(Workspace(tmp_path), config)))
    assert last.layer == "TLS" and "does not trust" in last.said


def test_a_login_goes_to_its_own_server_alone(ca: Authority, https: int, tmp_path: Path) -> None:
    SAID.clear()
    url = f"https://127.0.0.1:{https}"
    config = read(tmp_path, f"[fhir]\nurl = '{url}/r4'\nca = '{ca.certificate}'\nuser = 'ada'\n")
    assert config.fhir is not None
    for read_only in (True, False):
        with web_client(config.fhir, read_only=read_only) as web:
            for other in (
                f"https://localhost:{https}/",
                f"http://127.0.0.1:{https}/",
                "https://x/",
            ):
                with pytest.raises(AccessDenied, match="another server"):
                    web.get(other)
            assert SAID == {}
            assert web.get(f"{url}/elsewhere").status_code == 200
            SAID.clear()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "Patient", True),
        ("HEAD", "Patient", True),
        ("POST", "Patient/_search", True),
        ("POST", "Patient/$validate", True),
        ("POST", "Patient", False),
        ("POST", "", False),
        ("POST", "$reindex", False),
        ("POST", "Patient?x=/_search", False),
        ("PUT", "Patient/_search", False),
        ("DELETE", "Patient/1", False),
        ("PATCH", "Patient/1", False),
    ],
)
def test_what_may_be_sent_while_nothing_may_change(method: str, path: str, allowed: bool) -> None:
    inner = httpx.MockTransport(lambda request: httpx.Response(200))
    guarded = GuardedTransport(inner, "http://h/r4", read_only=True)
    with httpx.Client(base_url="http://h/r4/", transport=guarded) as web:
        if allowed:
            assert web.request(method, path).status_code == 200
        else:
            with pytest.raises(AccessDenied, match="read_only"):
                web.request(method, path)


@pytest.mark.parametrize(
    ("uid", "allowed"),
    [
        (Verification, True),
        (PatientRootQueryRetrieveInformationModelFind, True),
        (ModalityWorklistInformationFind, True),
        (CTImageStorage, False),
        (ModalityPerformedProcedureStep, False),
        (StorageCommitmentPushModel, False),
        (BasicGrayscalePrintManagementMeta, False),
        (UnifiedProcedureStepPush, False),
        ("1.2.840.113619.4.30", False),
        ("", False),
    ],
)
def test_which_services_may_be_asked(uid: str, allowed: bool) -> None:
    request = AccessRequest("US", "?", "PACS", {"SOPClassUID": uid})
    assert bool(ReadOnly().decide(request)) is allowed
