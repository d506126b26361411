"""Schemathesis on the OpenAPI description that a DICOMweb service publishes (`/openapi.json`).

The archive's service and the same over nothing: whatever the description allows is answered, an
error with words (RFC 9457), and with headers that HTTP can carry (RFC 9110 5.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from starlette.applications import Starlette

from labkit.common import ALLOW_ALL
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.dicomweb.app import dicomweb_app
from labkit.pacs import Archive
from tests.effort import effort
from tests.effort import seed as dice
from tests.fuzz.engine import Fuzz

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]
FIELD = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
BASE = "http://testserver"


@schemathesis.serializer("multipart/related")
def body(context: schemathesis.SerializationContext, value: object) -> bytes:
    """A body of whatever text the schema allows; its Content-Type names no boundary."""
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    archive = Archive(tmp_path_factory.mktemp("openapi"))
    archive.add_files(sorted(sample("dx-hand").files))
    yield dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url=BASE, deletes=True)
    archive.close()


def test_whatever_the_description_allows_is_answered(app: Starlette, fuzz: Fuzz) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20

    for operation in operations:

        @seed(dice())
        @settings(
            max_examples=effort(3, 500),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy())
        def target(case: schemathesis.Case) -> None:
            fuzz.inputs += 1
            answer = case.call()
            case.validate_response(answer, checks=[not_a_server_error])
            for name, values in answer.headers.items():
                assert all(map(FIELD.fullmatch, values)), (name, values)
            if answer.status_code >= 400 and case.method != "HEAD":
                assert answer.json()["detail"]

        target()
