"""SOAP 1.2 with WS-Addressing and MTOM, as IHE's document transactions use it.

::

    with SoapClient(url) as client:
        response = client.call(Message("urn:ihe:iti:2007:RegistryStoredQuery", query))

What IHE asks of web services is in ITI TF-2 Appendix V. SOAP 1.1 is refused by name.
"""

from labkit.exchange.soap.app import Operation, soap_app
from labkit.exchange.soap.client import SoapClient
from labkit.exchange.soap.fault import SoapFault
from labkit.exchange.soap.message import Attachment, Attachments, Message, new_id
from labkit.exchange.soap.observer import Exchanged, Observer

__all__ = [
    "Attachment", "Attachments", "Exchanged", "Message", "Observer", "Operation", "SoapClient",
    "SoapFault", "new_id", "soap_app",
]  # fmt: skip
