"""A trail with a clock that stands, and decisions to write into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.access import Grant
from labkit.access.audit import AuditTrail
from labkit.common.access import AccessRequest, Decision
from tests.fhir.conftest import Clock

KEY = bytes(range(32))
CHEN = Grant(
    "viewer", "chen", "user/*.rs", actors=frozenset({"Practitioner/chen"}), token_id="jti-1"
)
WEB = "http://127.0.0.1:8080/dicom-web"
FHIR = "http://127.0.0.1:8080/fhir"


class Says:
    """A policy that allows all but some studies."""

    def __init__(self, *hidden: str) -> None:
        self.hidden = hidden

    def decide(self, request: AccessRequest) -> Decision:
        if request.resource.get("StudyInstanceUID") in self.hidden:
            return Decision(False, "the patient does not consent")
        return Decision(True, "treatment")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def trail(folder: Path, clock: Clock) -> Iterator[AuditTrail]:
    with AuditTrail(folder, clock=clock, key=KEY) as trail:
        yield trail


@pytest.fixture
def again(folder: Path, clock: Clock) -> Iterator[Callable[[], AuditTrail]]:
    opened: list[AuditTrail] = []

    def open_again() -> AuditTrail:
        opened.append(AuditTrail(folder, clock=clock, key=KEY))
        return opened[-1]

    yield open_again
    for each in opened:
        each.close()
