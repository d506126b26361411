"""Our own application entity: pynetdicom's ``AE``, made of the waiting parts."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime
from typing import Any

from pynetdicom import AE
from pynetdicom._globals import MODE_REQUESTOR
from pynetdicom.transport import AddressInformation

from labkit.common.errors import UsageError
from labkit.dimse.admission import AdmissionPolicy
from labkit.dimse.listener import PromptServer
from labkit.dimse.peer import check_ae_title
from labkit.dimse.reactor import WaitingAssociation
from labkit.dimse.transport import PromptSocket

# Larger PDUs mean fewer turns of the reactor; 128 KiB is also the most that DCMTK sends.
MAX_PDU = 131072


class Entity(AE):  # type: ignore[misc]
    """An application entity whose associations wait instead of polling, with TCP_NODELAY.

    Attributes
    ----------
    admission
        Who decides, as acceptor, about each request for an association; ``None``: nobody.
    """

    admission: AdmissionPolicy | None = None

    def associate(
        self,
        addr: str,
        port: int,
        contexts: Any = None,
        ae_title: str = "ANY-SCP",
        max_pdu: int = MAX_PDU,
        ext_neg: Any = None,
        bind_address: Any = None,
        tls_args: Any = None,
        evt_handlers: Any = None,
    ) -> WaitingAssociation:
        """Request an association; arguments and result as of ``pynetdicom.AE.associate``.

        Raises
        ------
        OSError
            The host name does not resolve, or the local address is not free.
        UsageError
            No presentation context, or more than 128.
        """
        contexts = deepcopy(contexts or self.requested_contexts)
        if not 1 <= len(contexts) <= 128:
            raise UsageError(
                f"{len(contexts)} presentation contexts cannot be proposed; 1 to 128 can",
                remedy="Split the work over several associations (PS3.8 9.3.2.2).",
            )
        remote = AddressInformation.from_addr_port(addr, port)
        local = AddressInformation.from_tuple(
            bind_address or (("::0", 0) if remote.is_ipv6 else ("", 0))
        )
        for number, context in enumerate(contexts):
            context.context_id = 2 * number + 1
        assoc = WaitingAssociation(self, MODE_REQUESTOR)
        assoc.name = f"RequestorThread@{datetime.now():%Y%m%d%H%M%S}"
        sock = PromptSocket(assoc, address=local)
        if tls_args:
            sock.tls_args = tls_args
        assoc.set_socket(sock)
        assoc.acceptor.ae_title = ae_title
        assoc.acceptor.address_info = remote
        assoc.requestor.address_info = local
        assoc.requestor.ae_title = self.ae_title
        assoc.requestor.maximum_length = max_pdu
        assoc.requestor.implementation_version_name = self.implementation_version_name
        for item in ext_neg or ():
            assoc.requestor.add_negotiation_item(item)
        assoc.requestor.requested_contexts = contexts
        for binding in evt_handlers or ():
            assoc.bind(*binding)
        assoc.request()
        if assoc.is_established:
            assoc.start()
        return assoc

    def start_server(
        self,
        address: Any,
        block: bool = True,
        ssl_context: Any = None,
        evt_handlers: Any = None,
        ae_title: str | None = None,
        contexts: Any = None,
    ) -> PromptServer:
        """Listen on `address`; arguments as of ``pynetdicom.AE.start_server``.

        Returns
        -------
        PromptServer
            Running, if `block` is false; ``server.server_address`` has the port that 0 became.
        """
        server: PromptServer = self.make_server(
            address,
            ae_title=ae_title,
            contexts=contexts,
            ssl_context=ssl_context,
            evt_handlers=evt_handlers,
            server_class=PromptServer,
        )
        self._servers.append(server)
        if block:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                server.shutdown()
        else:
            name = f"AcceptorServer@{self.ae_title}"
            threading.Thread(target=server.serve_forever, name=name, daemon=True).start()
        return server


def new_ae(
    ae_title: str,
    *,
    timeout: float = 30.0,
    max_pdu: int = MAX_PDU,
    max_associations: int = 100,
    check_called: bool = False,
    accept_calling: Iterable[str] = (),
    admission: AdmissionPolicy | None = None,
    idle: float = 60.0,
) -> Entity:
    """Make an application entity, for either role.

    Parameters
    ----------
    ae_title
        Its own title.
    timeout
        Seconds to wait for a connection, for the answer to a request for an association, and for
        each DIMSE message.
    max_pdu
        The largest P-DATA-TF it takes, in bytes; 0 is no limit (PS3.8 D.1).
    max_associations
        How many it serves at once as acceptor; more are rejected, 2/3/2 (PS3.8 9.3.4).
    check_called
        As acceptor, reject an association that calls another title, 1/1/7.
    accept_calling
        As acceptor, the calling titles it takes; empty takes any, else 1/1/3.
    admission
        As acceptor, who decides about each request for an association.
    idle
        Seconds that an established association may be silent, or stop in the middle of a PDU,
        before it is aborted; never less than `timeout`.

    Raises
    ------
    UsageError
        A title or the timeout cannot be.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise UsageError(
            f"a timeout is a number of seconds above 0, not {timeout!r}",
            remedy="Leave it out for 30 seconds, or write timeout=5.",
        )
    ae = Entity(check_ae_title(ae_title))
    ae.acse_timeout = timeout
    ae.connection_timeout = timeout
    ae.dimse_timeout = timeout
    ae.network_timeout = max(timeout, idle)
    ae.maximum_pdu_size = max_pdu
    ae.maximum_associations = max_associations
    ae.require_called_aet = check_called
    ae.require_calling_aet = [check_ae_title(title) for title in accept_calling]
    ae.admission = admission
    return ae
