"""C-ECHO: does the other side speak DICOM, and does it know me? (PS3.4 A, PS3.7 9.1.5)"""

from __future__ import annotations

from dataclasses import dataclass, field

from pynetdicom import build_context
from pynetdicom.sop_class import Verification

from labkit.dimse.association import Tls, associate
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status
from labkit.dimse.trace import AssociationTrace


@dataclass(frozen=True)
class EchoResult:
    """What a C-ECHO got.

    Attributes
    ----------
    status
        Success, or the failure the peer answered with.
    trace
        Every PDU of the association.
    """

    status: Status
    trace: AssociationTrace = field(repr=False)

    def raise_for_status(self) -> None:
        """Raise `DimseError` if the status is a failure."""
        self.status.raise_for_status("C-ECHO")


def echo(
    peer: Peer, *, ae_title: str = "LEARNER", timeout: float = 30.0, tls: Tls = None
) -> EchoResult:
    """Send a C-ECHO.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.

    Raises
    ------
    AssociationError
        No association; it says why, and what to do next.

    References
    ----------
    PS3.4 Annex A (the Verification service), PS3.7 9.1.5 (the C-ECHO messages)
    """
    contexts = [build_context(Verification)]
    with associate(peer, contexts, ae_title=ae_title, timeout=timeout, tls=tls) as link:
        link.require(Verification)
        answer = link.answer(link.assoc.send_c_echo(link.next_id()), "C-ECHO-RSP")
    return EchoResult(Status.of(answer, "C-ECHO"), link.trace)
