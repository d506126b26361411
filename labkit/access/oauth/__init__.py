"""OAuth 2 and SMART App Launch for FHIR and DICOMweb.

::

    server = AuthorizationServer(folder, issuer=f"{base}/auth", clients=[…], users=[…],
                                 services={fhir_url: [fhir_url, dicomweb_url]})
    verifier = Verifier(server.issuer, server.jwks, revoked=server.revoked,
                        identity=server.identity)
    fhir = fhir_app(store, TokenPolicy(subjects), base_url=fhir_url)
    app = Guard(fhir, verifier, audience=fhir_url)

The server is Authlib's; signatures are joserfc's. The guard finds out who asks, the policy decides
what they may have.
"""

from labkit.access.oauth.client import OAuthError, SmartClient, client_assertion, pkce
from labkit.access.oauth.guard import Guard
from labkit.access.oauth.keys import new_key, public_jwks, sign
from labkit.access.oauth.parties import Client, User
from labkit.access.oauth.policy import TokenPolicy
from labkit.access.oauth.server import AuthorizationServer
from labkit.access.oauth.verifier import TokenError, Verifier
from labkit.access.oauth.web import auth_app

__all__ = [
    "AuthorizationServer",
    "Client",
    "Guard",
    "OAuthError",
    "SmartClient",
    "TokenError",
    "TokenPolicy",
    "User",
    "Verifier",
    "auth_app",
    "client_assertion",
    "new_key",
    "pkce",
    "public_jwks",
    "sign",
]
