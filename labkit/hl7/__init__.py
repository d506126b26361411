"""HL7 version 2: the messages between a hospital's systems, and what they mean for imaging.

::

    answer = send(host, port, text)        # one message over MLLP, and its acknowledgement
    message = read(text)                   # its segments and fields
    message.get("PID-3.1")                 # 'NG-100231'
    worklist_item(message)                 # an order as a Modality Worklist item

`hl7apy <https://crs4.github.io/hl7apy/>`_ takes messages apart and puts acknowledgements together.
"""

from labkit.hl7.ack import acknowledge
from labkit.hl7.message import Hl7Message, MessageError, read
from labkit.hl7.mllp import MllpListener, send
from labkit.hl7.orders import ORDER_TABLE, OrderRow, worklist_item
from labkit.hl7.patients import PatientChange, patient_change

__all__ = [
    "ORDER_TABLE",
    "Hl7Message",
    "MessageError",
    "MllpListener",
    "OrderRow",
    "PatientChange",
    "acknowledge",
    "patient_change",
    "read",
    "send",
    "worklist_item",
]
