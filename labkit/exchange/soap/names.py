"""Namespaces and names of SOAP 1.2, WS-Addressing 1.0, XOP and WS-Security."""

from __future__ import annotations

ENV = "http://www.w3.org/2003/05/soap-envelope"
ENV11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
XOP = "http://www.w3.org/2004/08/xop/include"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
XML = "http://www.w3.org/XML/1998/namespace"

ANONYMOUS = f"{WSA}/anonymous"
"""The address that stands for "the way that the request came" (WS-Addressing Core 2.1)."""
NONE = f"{WSA}/none"
"""The address that stands for "I want no answer" (WS-Addressing Core 2.1)."""
FAULT_ACTION = f"{WSA}/fault"
"""wsa:Action of a fault about addressing (WS-Addressing SOAP Binding 6)."""
SOAP_FAULT_ACTION = f"{WSA}/soap/fault"
"""wsa:Action of any other fault (WS-Addressing SOAP Binding 6)."""

SOAP_TYPE = "application/soap+xml"
XOP_TYPE = "application/xop+xml"


def env(local: str) -> str:
    """Name in the namespace of the SOAP 1.2 envelope."""
    return f"{{{ENV}}}{local}"


def wsa(local: str) -> str:
    """Name in the namespace of WS-Addressing."""
    return f"{{{WSA}}}{local}"


INCLUDE = f"{{{XOP}}}Include"
SECURITY = f"{{{WSSE}}}Security"
