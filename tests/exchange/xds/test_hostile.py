"""Messages that a stranger may send: answered by name, and never with our own failure."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from labkit.common.access import ALLOW_ALL
from labkit.exchange.soap import Attachments, Message, SoapClient, SoapFault, xml
from labkit.exchange.xds import Registry, XdsError, registry_app
from labkit.exchange.xds.ebxml_read import read_submission
from labkit.exchange.xds.ebxml_write import write_submission
from labkit.exchange.xds.messages import write_provide
from labkit.exchange.xds.model import Submission
from labkit.exchange.xds.names import PROVIDE, REGISTER, RETRIEVE, STORED_QUERY, rim, xdsb
from labkit.exchange.xds.response import read_response
from labkit.exchange.xds.rules import check
from tests.exchange.xds.conftest import MARIGOLD, Domain, document, submission_set


def valid() -> Submission:
    entry = document(hash="a" * 40, size=1, repositoryUniqueId="2.25.1")
    return Submission.of(submission_set(), (entry,))


def test_a_submission_is_read_as_it_was_written() -> None:
    written = xml.parse(xml.to_bytes(write_submission(valid())))
    read = read_submission(written)
    assert read.submission_set == valid().submission_set
    assert read.entries == valid().entries
    assert [(t.type, t.sourceObject, t.targetObject) for t in read.associations] == [
        ("HasMember", "submission", "doc1")
    ]


REMOVED = [
    "Classification",
    "ExternalIdentifier",
    "Slot",
    "Value",
    "RegistryPackage",
    "RegistryObjectList",
]


@pytest.mark.parametrize("name", REMOVED)
def test_whatever_is_missing_is_named(name: str) -> None:
    written = write_submission(valid())
    for element in list(written.iter(rim(name))):
        element.getparent().remove(element)
    with pytest.raises(XdsError) as caught:
        submission = read_submission(written)
        raise XdsError(check(submission))
    assert caught.value.errors


def test_what_is_there_twice_is_refused() -> None:
    for name in ("Slot", "ExternalIdentifier"):
        written = write_submission(valid())
        element = next(written.iter(rim("ExtrinsicObject"))).find(rim(name))
        element.addnext(deepcopy(element))
        with pytest.raises(XdsError, match="twice"):
            read_submission(written)


def send(domain: Domain, body: Any, action: str, files: Attachments | None = None) -> Message:
    url = "http://registry/" if action in (REGISTER, STORED_QUERY) else "http://repository/"
    with domain.consumer._connect(url) as client:
        return client.call(Message(action, body, attachments=files or {}))


@pytest.mark.parametrize("action", [REGISTER, STORED_QUERY, PROVIDE, RETRIEVE])
def test_a_body_that_is_something_else(domain: Domain, action: str) -> None:
    for body in (None, xml.make("{urn:x}Other"), xml.make(xdsb("RetrieveDocumentSetRequest"))):
        answer = send(domain, body, action)
        said = answer.body
        if action == RETRIEVE:
            said = said.find("{*}RegistryResponse")
        with pytest.raises(XdsError):
            read_response(said, said.tag.rpartition("}")[2])


def test_documents_and_metadata_that_do_not_belong_together(domain: Domain) -> None:
    def provide(change: Any) -> tuple[str, ...]:
        files = Attachments()
        body = write_provide(Submission.of(submission_set(), (document(),)), {}, files)
        change(body, files)
        with pytest.raises(XdsError) as caught:
            read_response(send(domain, body, PROVIDE, files).body)
        assert len(domain.repository) == 0
        return caught.value.codes

    def add(id_: str, data: bytes | None = b"x") -> Any:
        def change(body: Any, files: Attachments) -> None:
            element = xml.add(body, xdsb("Document"), id=id_)
            if data is None:
                xml.add(element, "{http://www.w3.org/2004/08/xop/include}Include", href="cid:gone")
            else:
                files.include(element, "text/plain", data)

        return change

    def both(*changes: Any) -> Any:
        return lambda body, files: [change(body, files) for change in changes]

    assert provide(lambda body, files: None) == ("XDSMissingDocument",)
    assert set(provide(add("doc9"))) == {"XDSMissingDocumentMetadata", "XDSMissingDocument"}
    assert provide(both(add("doc1"), add("doc1"))) == ("XDSMissingDocumentMetadata",)
    assert provide(add("doc1", None)) == ("XDSMissingDocument",)


def test_a_request_for_too_much(domain: Domain) -> None:
    body = xml.make(xdsb("RetrieveDocumentSetRequest"))
    for _ in range(1001):
        request = xml.add(body, xdsb("DocumentRequest"))
        xml.add(request, xdsb("RepositoryUniqueId"), "2.25.1")
        xml.add(request, xdsb("DocumentUniqueId"), "2.25.2")
    said = send(domain, body, RETRIEVE).body.find("{*}RegistryResponse")
    with pytest.raises(XdsError, match="1 to 1000"):
        read_response(said)


_PLACES = st.integers(0, 200)
_VALUES = st.sampled_from(
    ["", "x", "'", "^^^&&ISO", "urn:uuid:", "9" * 30, "../../etc/passwd", "\u202e", "' OR 1=1 --"]
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_message_in_which_anything_was_changed_is_answered(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    written = write_submission(valid())
    places: list[tuple[Any, str]] = [
        (element, name)
        for element in written.iter("{*}*")
        for name in ("", *element.attrib)
        if name or element.text
    ]
    for _ in range(data.draw(st.integers(1, 3))):
        element, name = places[data.draw(_PLACES) % len(places)]
        value = data.draw(_VALUES)
        if name:
            element.set(name, value)
        else:
            element.text = value
    with Registry(tmp_path_factory.mktemp("registry")) as registry:
        registry.admit(MARIGOLD)
        web = TestClient(registry_app(registry, ALLOW_ALL))
        with SoapClient("http://registry/", transport=web._transport) as client:
            try:
                read_response(client.call(Message(REGISTER, written)).body)
            except XdsError as refused:
                assert refused.errors
                assert registry.store.count() == {"Association": 0}
            except SoapFault as fault:
                raise AssertionError(f"our own failure: {fault}") from fault


def test_the_same_problem_has_the_name_of_who_finds_it(domain: Domain) -> None:
    files = Attachments()
    body = write_provide(valid(), {}, files)
    for element in list(body.iter(rim("RegistryPackage"))):
        element.getparent().remove(element)
    with pytest.raises(XdsError, match="XDSRepositoryMetadataError"):
        read_response(send(domain, body, PROVIDE, files).body)
    with pytest.raises(XdsError, match="XDSRegistryMetadataError"):
        read_response(send(domain, body[0], REGISTER).body)
