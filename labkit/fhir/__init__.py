"""The embedded FHIR R4 server, its store and validator, and a client.

::

    store = FhirStore(Path(".lab/fhir/fhir.sqlite"))
    app = fhir_app(store, ALLOW_ALL, base_url="http://127.0.0.1:8080")   # ASGI; serve with uvicorn
    fhir = FhirClient("http://127.0.0.1:8080")
    fhir.create({"resourceType": "Patient", "name": [{"family": "Rossi"}]})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.fhir.courier import Courier
from labkit.fhir.outcome import FhirError, Issue
from labkit.fhir.server import fhir_app
from labkit.fhir.store import FhirStore
from labkit.fhir.validation import validate

if TYPE_CHECKING:
    from labkit.fhir.client import FhirClient

__all__ = ["Courier", "FhirClient", "FhirError", "FhirStore", "Issue", "fhir_app", "validate"]


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for (PEP 562): the server starts without an HTTP client."""
    if name == "FhirClient":
        from labkit.fhir.client import FhirClient

        return FhirClient
    raise AttributeError(f"module 'labkit.fhir' has no attribute {name!r}")
