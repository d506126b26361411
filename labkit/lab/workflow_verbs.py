"""What a notebook does with the RIS and the router of a lab."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.hl7 import mllp
from labkit.hl7.message import read
from labkit.lab.queue import Routing

if TYPE_CHECKING:
    import ssl

    from labkit.dimse import Receiver
    from labkit.lab.description import Description


@dataclass(frozen=True)
class Hl7Service:
    """Where the RIS takes HL7 v2 messages; shown without host and port."""

    host: str = field(repr=False)
    port: int = field(repr=False)


@dataclass(frozen=True)
class Acknowledgement:
    """What the receiver answered; true if it accepted the message.

    Attributes
    ----------
    code
        MSA-1: ``"AA"`` accepted, ``"AE"`` error in what it says, ``"AR"`` rejected for what it is
        (HL7 table 0008).
    message
        Why not, in the receiver's words.
    error_code, error_field
        ERR-3 and ERR-2, where there are any: ``"101"`` and ``"PID-3"``.
    text
        The whole message.
    """

    code: str
    message: str = ""
    error_code: str = ""
    error_field: str = ""
    text: str = field(default="", repr=False)

    @classmethod
    def of(cls, answer: str) -> Acknowledgement:
        """Read one."""
        ack = read(answer)
        place = "-".join(filter(None, (ack.get("ERR-2.1"), ack.get("ERR-2.3"))))
        said = ack.get("ERR-8") or ack.get("MSA-3")
        return cls(ack.get("MSA-1"), said, ack.get("ERR-3.1"), place, ack.text)

    def __bool__(self) -> bool:
        return self.code == "AA"

    def __repr__(self) -> str:
        why = " ".join(filter(None, (self.error_code, self.error_field)))
        return " ".join(filter(None, (self.code, why and f"{why}:", self.message)))


class WorkflowVerbs:
    """The verbs of a lab that are about orders, patients and routing."""

    def _call(self, method: str, path: str, body: object = None) -> Any:
        raise NotImplementedError

    def _described(self) -> Description:
        raise NotImplementedError

    @property
    def hl7(self) -> Hl7Service:
        """Where the RIS takes HL7 v2 messages over MLLP: ``lab.hl7.host``, ``lab.hl7.port``."""
        return Hl7Service(mllp_host(), self._described().hl7_port)

    def send_hl7(self, message: str | bytes) -> Acknowledgement:
        """Send one HL7 v2 message to the RIS and return what it answered.

        Parameters
        ----------
        message
            Text, a line a segment; it goes out in UTF-8, which MSH-18 should say if it is not
            ASCII. Bytes go out as they are.

        Raises
        ------
        NetworkError
            The RIS does not listen; it stops with the node WORKLIST.
        """
        at = self.hl7
        return Acknowledgement.of(mllp.send(at.host, at.port, message, tls=self._hl7_tls()))

    def receiver(self, ae_title: str = "LEARNER") -> Receiver:
        """Make a storage SCP that the lab's archives can send to.

        ::

            with lab.receiver() as receiver:
                lab.add_node(receiver.peer)
                move(lab.archive, wanted, "LEARNER")
        """
        from labkit.dimse import Receiver

        return Receiver(ae_title)

    def _hl7_tls(self) -> ssl.SSLContext | None:
        """Return what to speak TLS with; ``None`` where the RIS speaks none."""
        return None

    @property
    def routing(self) -> Routing:
        """The queue of ROUTER: ``lab.routing.queue()``, ``lab.routing.retry()``."""
        return Routing(self._call)


def mllp_host() -> str:
    """Where everything of the lab listens."""
    from labkit.common.serving import HOST

    return HOST
