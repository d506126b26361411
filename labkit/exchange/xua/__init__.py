"""XUA (ITI-40): who the user is on whose behalf a SOAP message comes, by a signed SAML assertion.

::

    provider = AssertionProvider("https://idp.north.example", key, certificate)
    client = SoapClient(url, secure=provider.headers_for(user, audience="urn:oid:2.25.17"))

    door = XuaDoor("urn:oid:2.25.17", {"https://idp.north.example": TrustedIssuer((certificate,))})
    app = soap_app(operations, policy, secure=door.admit)

The assertion is of the user; node authentication and encryption are the transport's (ATNA). What
is written and read here is in ITI TF-2 3.40, SAML 2.0 Core and the SAML Token Profile 1.1 of
WS-Security; signatures are signxml's.
"""

from labkit.exchange.xua.door import TrustedIssuer, XuaDoor
from labkit.exchange.xua.provider import AssertionProvider, security_header
from labkit.exchange.xua.statement import Coded, Statement, User, UserGrant, current_statement
from labkit.exchange.xua.verifier import AssertionRefused, verify_assertion

__all__ = [
    "AssertionProvider", "AssertionRefused", "Coded", "Statement", "TrustedIssuer", "User",
    "UserGrant", "XuaDoor", "current_statement", "security_header", "verify_assertion",
]  # fmt: skip
