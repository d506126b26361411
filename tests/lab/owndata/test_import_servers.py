"""``labkit import`` from archives: a node of the lab, Orthanc and dcmqrscp, over DIMSE and HTTP."""

from __future__ import annotations

import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread

from labkit.common.errors import AssociationRejected, HttpError, LabkitError, NetworkError
from labkit.dicom import sample
from labkit.dimse import Authority, Peer, store
from labkit.lab import Lab
from labkit.lab.owndata.index import Index
from tests.contract.pacs.servers import (
    PLUGIN,
    dcmqrscp,
    find_program,
    free_port,
    running_orthanc,
    wait_for,
)
from tests.lab.owndata.bringing import held_by_archive, run, told
from tests.lab.owndata.studies import ACCESSION, PATIENT, SECRETS, STUDY, knee

USER, PASSWORD = "reader", "opens-orthanc"


@contextmanager
def an_orthanc(folder: Path) -> Iterator[tuple[Peer, str]]:
    """Run Orthanc with DICOMweb and a login."""
    if find_program("Orthanc") is None or not PLUGIN.exists():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    port, web = free_port(), free_port()
    settings: dict[str, object] = {
        "HttpPort": web, "RemoteAccessAllowed": False, "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD}, "DicomAet": "ORTHANC", "DicomPort": port,
        "DicomCheckCalledAet": True, "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **{f"DicomAlwaysAllow{act}": True for act in ("Echo", "Store", "Find", "Get", "Move")},
    }  # fmt: skip
    with running_orthanc(folder, settings):
        peer = Peer("ORTHANC", "127.0.0.1", port)
        wait_for(peer)
        yield peer, f"127.0.0.1:{web}/dicom-web"


def equal_pixels(index: Index, files: list[Path]) -> bool:
    """Whether the pictures that came in are those of the files."""
    came = {dcmread(path).PixelData for path in index.files("mine")}
    return came == {dcmread(path).PixelData for path in files}


def nothing_of_the_person(index: Index) -> bool:
    """Whether no byte below the folder is of the person's."""
    data = b"".join(path.read_bytes() for path in index.folder.rglob("*") if path.is_file())
    return not any(s.encode(code) in data for s in SECRETS for code in ("utf-8", "iso8859_5"))


def test_from_a_node_of_the_lab(own: Index, lab: Lab) -> None:
    at = lab.legacy
    where = f"aet://LEARNER:{at.ae_title}@{at.host}:{at.port}"
    uid = sample("cr-wrist").study_uid
    code, said = told(where, "--as", "mine", "--study", uid)
    assert code == 0, said
    assert said["studies"][0]["instances"] == len(sample("cr-wrist").files)
    assert equal_pixels(own, sample("cr-wrist").files)
    # What is here already is not fetched again, and what is not there is.
    mark = lab.mark()
    assert told(where, "--as", "mine", "--study", uid)[0] == 0
    assert not lab.log("LEGACY", since=mark).having("C-GET")
    code, said = told(lab.dicomweb.url, "--as", "web", "--study", sample("dx-hand").study_uid)
    assert code == 0 and said["studies"][0]["instances"] == 1
    with pytest.raises(LabkitError, match="no DICOM study"):
        run(where, "--as", "none", "--study", "1.2.3", "--yes")


def test_from_dcmqrscp(own: Index, lab: Lab, tmp_path: Path) -> None:
    if find_program("dcmqrscp") is None:
        pytest.skip("dcmqrscp is not installed")
    files = knee(tmp_path / "in")
    (tmp_path / "server").mkdir()
    with dcmqrscp(tmp_path / "server") as target:
        store(target.peer, files).raise_for_status()
        where = f"aet://{target.peer.ae_title}@127.0.0.1:{target.peer.port}"
        code, said = told(where, "--as", "mine", "--patient", PATIENT)
        assert code == 0 and said["studies"][0]["instances"] == 7
        for path in own.files("mine")[:3]:
            path.unlink()
        assert told(where, "--as", "mine", "--patient", PATIENT) == (code, said)
    assert equal_pixels(own, files) and nothing_of_the_person(own)
    assert len(held_by_archive(lab, own, "mine")) == 7


def test_from_orthanc_both_ways(
    own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    files = knee(tmp_path / "in")
    (tmp_path / "server").mkdir()
    with an_orthanc(tmp_path / "server") as (peer, web):
        store(peer, files).raise_for_status()
        code, said = told(f"aet://ORTHANC@127.0.0.1:{peer.port}", "--as", "mine", "--study", STUDY)
        assert code == 0 and said["studies"][0]["instances"] == 7
        assert equal_pixels(own, files) and nothing_of_the_person(own)
        # The same study by another way is the same study.
        login = str(httpx.URL(f"http://{web}", username=USER, password=PASSWORD))
        for path in own.files("mine")[:3]:
            path.unlink()
        assert told(login, "--as", "mine", "--accession", ACCESSION) == (code, said)
        run("--remove", "mine")
        again = told(login, "--as", "mine", "--patient", PATIENT)
        assert again == (code, said) and equal_pixels(own, files) and nothing_of_the_person(own)
        with pytest.raises(HttpError, match="401") as caught:
            run(f"http://{web}", "--as", "x", "--limit", "1", "--yes")
        assert "LABKIT_DICOMWEB_TOKEN" in caught.value.remedy
        with pytest.raises(AssociationRejected, match=r"(?i)called AE title") as refused:
            run(f"aet://OTHER@127.0.0.1:{peer.port}", "--as", "x", "--limit", "1", "--yes")
        assert refused.value.remedy
        # labkit.toml: no password on a command line.
        toml = tmp_path / "labkit.toml"
        toml.write_text(
            f'[archive]\nae_title = "ORTHANC"\nhost = "127.0.0.1"\nport = {peer.port}\n'
            f'our_ae_title = "LABKIT"\n[dicomweb]\nurl = "http://{web}"\nuser = "{USER}"\n'
            'password = "${OWN_PASSWORD}"\n'
        )
        monkeypatch.setenv("LABKIT_OWN", str(toml))
        monkeypatch.setenv("OWN_PASSWORD", PASSWORD)
        for name in ("own:dicomweb", "own:archive"):
            run("--remove", "mine")
            assert told(name, "--as", "mine", "--study", STUDY) == (code, said)
        with pytest.raises(LabkitError, match="Nothing is imported from own:fhir"):
            run("own:fhir", "--as", "x", "--limit", "1", "--yes")
    with pytest.raises(NetworkError) as gone:
        run(f"aet://ORTHANC@127.0.0.1:{peer.port}", "--as", "x", "--limit", "1", "--yes")
    assert gone.value.remedy
    assert own.named("mine").complete


def test_over_tls(own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = lab.listen_tls("ARCHIVE")
    uid = sample("dx-hand").study_uid
    with pytest.raises(NetworkError) as plain:
        run(f"aet://{at.ae_title}@{at.host}:{at.port}", "--as", "x", "--study", uid, "--yes")
    assert plain.value.remedy
    shutil.copy(lab.certificates.authority, tmp_path / "ca.pem")
    toml = tmp_path / "labkit.toml"
    toml.write_text(
        f'[archive]\nae_title = "ARCHIVE"\nhost = "{at.host}"\nport = {at.port}\n'
        'our_ae_title = "LEARNER"\nca = "ca.pem"\n'
    )
    monkeypatch.setenv("LABKIT_OWN", str(toml))
    code, said = told("own:archive", "--as", "mine", "--study", uid)
    assert code == 0 and said["studies"][0]["instances"] == 1


def test_a_certificate_that_nobody_vouches_for(own: Index, tmp_path: Path) -> None:
    pair = Authority(tmp_path / "tls").credential("nobody")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(NetworkError, match="certificate is not trusted") as caught:
            run(f"https://localhost:{server.server_port}", "--as", "x", "--limit", "1", "--yes")
        assert "own:dicomweb" in caught.value.remedy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_a_server_does_not_send(own: Index, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.lab.owndata import from_archive

    real, asked = from_archive.get, []

    def short(*words: object, **more: object) -> object:
        result = real(*words, **more)  # type: ignore[arg-type]
        asked.append(1)
        if len(asked) == 1:
            result.datasets.pop()
        return result

    monkeypatch.setattr(from_archive, "get", short)
    at = lab.archive
    where = f"aet://LEARNER:{at.ae_title}@{at.host}:{at.port}"
    words = (where, "--as", "mine", "--study", sample("mr-brain").study_uid, "--options", "basic")
    reviewed = [dcmread(p, stop_before_pixels=True) for p in sample("mr-brain").files]
    seen = own.folder.parent / "seen"
    seen.write_text("\n".join(str(ds.SOPInstanceUID) for ds in reviewed))
    code, said = told(*words, "--reviewed", seen)
    assert code == 2 and said["lacking"] == 1 and not own.named("mine").complete
    assert told(*words, "--reviewed", seen)[0] == 0
    assert own.named("mine").instances == len(reviewed) and own.named("mine").complete
