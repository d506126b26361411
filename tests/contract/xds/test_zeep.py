"""zeep, a SOAP client that knows nothing of IHE, from the WSDL that IPF's jar carries.

It sends plain SOAP 1.2, so it is also the client without MTOM. The WSDL is read out of the jar for
this run, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.exceptions import Fault
from zeep.transports import Transport

from labkit.common import ALLOW_ALL
from labkit.exchange.parties import LAKESIDE
from labkit.exchange.xds import (
    DocumentSource,
    Registry,
    Repository,
    registry_operations,
    repository_operations,
)
from tests.contract.xds import exchange as given
from tests.contract.xds.exchange import MARIGOLD, serve
from tests.contract.xds.peer_process import unpack_wsdl

pytestmark = pytest.mark.peers
FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"


class Local(Transport):
    """Loads files, and nothing from anywhere else."""

    def load(self, url: str) -> bytes:
        assert not url.startswith("http"), url
        return Path(url.removeprefix("file://")).read_bytes()


@pytest.fixture(scope="module")
def wsdl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_wsdl(tmp_path_factory.mktemp("wsdl"))


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Registry and repository with one manifest."""
    with ExitStack() as stack:
        registry = stack.enter_context(Registry(tmp_path / "registry"))
        registry.admit(MARIGOLD)
        repository = stack.enter_context(
            Repository(tmp_path / "repository", LAKESIDE.repository, registry=registry)
        )
        at = serve(stack, registry_operations(registry, ALLOW_ALL, "REGISTRY"))
        documents = serve(stack, repository_operations(repository, ALLOW_ALL, "REPOSITORY"))
        with DocumentSource(documents) as source:
            source.provide(given.submission_set(), {given.entry(): given.manifest(1)[1]})
        yield at, documents


def service(wsdl: Path, name: str, url: str, **settings: bool) -> Any:
    # The WSDL says that addressing is used, so zeep sends its headers.
    client = zeep.Client(str(wsdl / f"{name}.wsdl"), transport=Local(),
                         settings=zeep.Settings(**settings))  # fmt: skip
    (binding,) = [str(one) for one in client.wsdl.bindings if "Soap12" in str(one)]
    made = client.create_service(binding, url)
    for operation in client.wsdl.bindings[binding].all().values():
        operation.soapaction = ""  # zeep writes action="None" where the WSDL leaves it out
    return made


def query(registry: Any, *slots: tuple[str, str], query: str = FIND_DOCUMENTS) -> Any:
    return registry.DocumentRegistry_RegistryStoredQuery(
        ResponseOption={"returnComposedObjects": True, "returnType": "LeafClass"},
        AdhocQuery={
            "id": query,
            "Slot": [
                {"name": name, "ValueList": {"_value_1": [{"Value": value}]}}
                for name, value in slots
            ],
        },
    )


def test_a_stored_query_is_answered_as_the_schema_wants(wsdl: Path, urls: tuple[str, str]) -> None:
    """zeep knows no substitution groups, so it reads no registry objects; libxml2's schema does."""
    registry = service(wsdl, "iti18", urls[0], raw_response=True)
    answer = query(
        registry,
        ("$XDSDocumentEntryPatientId", f"'{MARIGOLD.cx}'"),
        ("$XDSDocumentEntryStatus", f"('{given.APPROVED}')"),
    )
    body = etree.fromstring(answer.content).find("{http://www.w3.org/2003/05/soap-envelope}Body")
    schema = etree.XMLSchema(etree.parse(str(wsdl / "schema" / "ebRS30" / "query.xsd")))
    schema.assertValid(body[0])
    values = [one.get("value") for one in body.iter("{*}ExternalIdentifier")]
    assert body[0].get("status") == given.SUCCESS and given.manifest(1)[0] in values


def test_a_query_that_is_wrong_is_an_answer_in_the_terms_of_xds(
    wsdl: Path, urls: tuple[str, str]
) -> None:
    answer = query(service(wsdl, "iti18", urls[0]))
    assert answer.status == given.FAILURE
    (error,) = answer.RegistryErrorList.RegistryError
    assert error.errorCode == "XDSStoredQueryMissingParam"


def test_a_document_comes_in_the_answer_itself_where_the_client_has_no_mtom(
    wsdl: Path, urls: tuple[str, str]
) -> None:
    repository = service(wsdl, "iti43", urls[1])
    uid, file = given.manifest(1)
    answer = repository.DocumentRepository_RetrieveDocumentSet(
        DocumentRequest=[{"RepositoryUniqueId": LAKESIDE.repository, "DocumentUniqueId": uid}]
    )
    (document,) = answer.DocumentResponse
    assert (document.DocumentUniqueId, document.mimeType) == (uid, "application/dicom")
    assert document.Document == file


def test_an_operation_that_the_service_does_not_do(wsdl: Path, urls: tuple[str, str]) -> None:
    """A registry is asked for documents: a fault of WS-Addressing, not an empty answer."""
    repository = service(wsdl, "iti43", urls[0])
    with pytest.raises(Fault, match="not done here"):
        repository.DocumentRepository_RetrieveDocumentSet(
            DocumentRequest=[{"RepositoryUniqueId": "1.2", "DocumentUniqueId": "1.2"}]
        )
