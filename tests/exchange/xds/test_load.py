"""Many at once, and much at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from labkit.exchange.parties import NORTH
from labkit.exchange.xds import (
    Association,
    DocumentRequest,
    Registry,
    Repository,
    Submission,
    XdsError,
)
from labkit.exchange.xds.names import DEPRECATED
from tests.exchange.xds.conftest import MARIGOLD, Domain, document, submission_set, uuid


def test_many_sources_at_once(domain: Domain) -> None:
    """Twenty of their own, and twenty of whom one may win: the same uniqueId, other bytes."""

    def provide(number: int) -> str:
        own = number % 2 == 0
        entry = document(number if own else 1000, entryUUID=uuid(number))
        submission = Submission.of(submission_set(number), (entry,))
        try:
            domain.repository.provide(submission, {uuid(number): str(number).encode()})
        except XdsError as error:
            return error.codes[0]
        return "taken" if own else f"won {number}"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(provide, range(40)))
    assert said[::2] == ["taken"] * 20
    (won,) = [each for each in said if each.startswith("won")]
    assert said.count("XDSNonIdenticalHash") == 19
    found = domain.consumer.find_documents(MARIGOLD)
    assert len(found) == len(domain.repository) == 21
    documents = {each.uniqueId: each.data for each in domain.consumer.retrieve(found)}
    assert documents["2.25.1000.1000"] == won.removeprefix("won ").encode()


def test_of_two_that_replace_the_same_document_one_wins(domain: Domain) -> None:
    domain.provide(document(1, entryUUID=uuid(1)))

    def replacing(number: int) -> str:
        entry = document(number, entryUUID=uuid(number))
        tie = Association.replaces(uuid(number), uuid(1))
        submission = Submission.of(submission_set(number), (entry,), (tie,))
        try:
            domain.repository.provide(submission, {uuid(number): b"new"})
        except XdsError as error:
            return error.codes[0]
        return "taken"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(replacing, range(2, 10)))
    assert sorted(said) == ["XDSRegistryDeprecatedDocumentError"] * 7 + ["taken"]
    assert len(domain.consumer.find_documents(MARIGOLD)) == 1
    assert len(domain.consumer.find_documents(MARIGOLD, status=DEPRECATED)) == 1


def test_an_answer_has_a_limit_in_bytes(tmp_path: Path) -> None:
    with Registry(tmp_path / "registry") as registry:
        registry.admit(MARIGOLD)
        with Repository(tmp_path, NORTH.repository, registry=registry, most_bytes=25) as repository:
            repository.provide(
                Submission.of(submission_set(), (document(),)), {"doc1": b"0123456789"}
            )
            wanted = DocumentRequest(NORTH.repository, document().uniqueId)
            again = replace(wanted, homeCommunityId="urn:oid:2.25.1")
            found = repository.retrieve([wanted, again, wanted, again])
    assert len(found) == 2
    assert [error.code for error in found.errors] == ["XDSRepositoryOutOfResources"] * 2
