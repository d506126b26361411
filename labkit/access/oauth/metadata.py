"""What an authorization server says of itself: RFC 8414 and SMART's well-known document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labkit.access.oauth.keys import ALGORITHMS
from labkit.access.oauth.parties import BASIC, CODE, CREDENTIALS, KEY, PUBLIC, REFRESH

CAPABILITIES = [
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "smart-imaging-access",
]
"""SMART App Launch 2.2, conformance; the last from its imaging access draft. Only what is here."""


def oauth_metadata(issuer: str, scopes: Sequence[str]) -> dict[str, Any]:
    """Return the metadata (RFC 8414 2) of a server whose endpoints are below `issuer`."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, CREDENTIALS, REFRESH],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [PUBLIC, BASIC, KEY],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": [BASIC, KEY],
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": [PUBLIC, BASIC, KEY],
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }


def smart_configuration(issuer: str, scopes: Sequence[str]) -> dict[str, Any]:
    """Return the document for ``[base]/.well-known/smart-configuration`` of a FHIR server.

    Without ``issuer``: SMART has it left out where nobody logs in by OpenID Connect.
    """
    said = {k: v for k, v in oauth_metadata(issuer, scopes).items() if k != "issuer"}
    return {**said, "capabilities": CAPABILITIES}
