"""Names of SAML 2.0, XML Signature, and the attributes of XUA (ITI TF-2 3.40.4.1.2)."""

from __future__ import annotations

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
URI_NAME = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
AUTHENTICATED = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

SUBJECT_ID = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
ORGANIZATION = "urn:oasis:names:tc:xspa:1.0:subject:organization"
ORGANIZATION_ID = "urn:oasis:names:tc:xspa:1.0:subject:organization-id"
HOME_COMMUNITY_ID = "urn:ihe:iti:xca:2010:homeCommunityId"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
PURPOSE_OF_USE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
RESOURCE_ID = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"

ACT_REASON = "2.16.840.1.113883.5.8"
"""OID of HL7 v3 ActReason: the purposes that a `Grant` has (TREAT, ETREAT, BTG, HRESCH …)."""


def saml(local: str) -> str:
    """Name in the namespace of SAML assertions."""
    return f"{{{SAML}}}{local}"


def ds(local: str) -> str:
    """Name in the namespace of XML Signature."""
    return f"{{{DS}}}{local}"


def hl7(local: str) -> str:
    """Name in the namespace of HL7 v3."""
    return f"{{{HL7}}}{local}"
