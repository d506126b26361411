"""A SOAP service as an ASGI application.

::

    app = soap_app({"urn:example:Ask": Operation(answer, "ASK")}, ALLOW_ALL, node="REGISTRY")
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.access.grant import granted
from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, decide
from labkit.common.errors import AccessDenied, LabkitError, UsageError
from labkit.common.occasion import Occasions
from labkit.exchange.soap import wire
from labkit.exchange.soap.client import SoapClient
from labkit.exchange.soap.envelope import (
    check_understood,
    read_envelope,
    request_id,
    write_envelope,
)
from labkit.exchange.soap.fault import (
    RECEIVER,
    VERSION_MISMATCH,
    SoapFault,
    addressing,
    version_mismatch,
    write_fault,
)
from labkit.exchange.soap.message import Message, new_id
from labkit.exchange.soap.names import NONE, SECURITY, SOAP_TYPE, XOP_TYPE
from labkit.exchange.soap.observer import Observer, tell
from labkit.exchange.soap.wire import ContentType, Wire

_log = logging.getLogger(__name__)
Handler = Callable[[Message], "Message | None"]


@dataclass(frozen=True)
class Operation:
    """What a service does on one action.

    Attributes
    ----------
    handle
        Makes the response (`Message.reply`), or ``None`` where the message wants none. It raises
        `SoapFault`, `UsageError` (the message is at fault) or `AccessDenied`.
    transaction
        Its name for the policy and the audit: ``"ITI-18"``.
    about
        What the message touches, as far as it says: ``{"PatientID": …}``.
    """

    handle: Handler
    transaction: str
    about: Callable[[Message], Mapping[str, str]] = field(default=lambda message: {})


@dataclass(frozen=True)
class Service:
    """A SOAP service: its operations by action, and who may use them.

    Attributes are the parameters of `soap_app`.
    """

    operations: Mapping[str, Operation]
    policy: AccessPolicy = DENY_ALL
    node: str = ""
    secure: Callable[[Message], Message] | None = None
    understood: frozenset[str] = frozenset()
    replies_to: Mapping[str, SoapClient] = field(default_factory=dict)
    observer: Observer | None = None
    most_bytes: int = wire.MOST_BYTES

    def answer(self, said: str, body: list[bytes]) -> tuple[int, Wire | None]:
        """Answer one HTTP request: status, and what is sent back."""
        content_type = ContentType(said)
        asked = Wire(said, b"".join(body) if self.observer else b"")
        if content_type.soap11:
            fault = SoapFault("this is SOAP 1.1", code=VERSION_MISMATCH)
            return fault.status, self._told(_soap11(), fault.action, "", fault=True)
        if not content_type.soap:
            return 415, None
        request = Message("", None)
        try:
            try:
                root, attachments = wire.unpack(content_type, body)
                request = Message("", None, message_id=request_id(root))
                request = replace(read_envelope(root), attachments=attachments)
            finally:
                tell(self.observer, asked, request.action, (request.actor, self.node))
            operation = self._operation(request, content_type)
            request = self._admitted(request, operation)
            return self._done(request, operation, content_type.mtom)
        except Exception as error:
            fault = self._as_fault(error, request)
            if fault.code == VERSION_MISMATCH:
                return fault.status, self._told(_soap11(), fault.action, "", fault=True)
            return self._fault(fault, request)

    def _as_fault(self, error: Exception, request: Message) -> SoapFault:
        """Say an error as a fault; what nobody foresaw goes to the log, not to a stranger."""
        if isinstance(error, SoapFault):
            return error
        if isinstance(error, (AccessDenied, UsageError)):
            return SoapFault(error.message, remedy=error.remedy)
        _log.error("%s failed", request.action or "a SOAP message", exc_info=error)
        return SoapFault("the service failed; its log says why", code=RECEIVER)

    def _operation(self, request: Message, content_type: ContentType) -> Operation:
        if not request.action:
            raise addressing(
                "the message has no wsa:Action",
                "MessageAddressingHeaderRequired",
                "Send Action and MessageID (WS-Addressing 1.0, Core 3.2).",
            )
        if content_type.action not in ("", request.action):
            raise addressing(
                f"wsa:Action is {request.action[:200]!r}, and the Content-Type says another",
                "ActionMismatch",
                "Send the same action in both (WS-Addressing SOAP Binding 6.4.1.7).",
            )
        if request.action not in self.operations:
            known = ", ".join(sorted(self.operations))
            raise addressing(
                f"the action {request.action[:200]!r} is not done here",
                "ActionNotSupported",
                f"Send one of: {known}.",
            )
        return self.operations[request.action]

    def _admitted(self, request: Message, operation: Operation) -> Message:
        """Check headers, find out who sends, and ask the policy."""
        security = {SECURITY} if self.secure else set()
        check_understood(request, self.understood | security)
        if not request.message_id:
            raise addressing(
                "the message has no wsa:MessageID",
                "MessageAddressingHeaderRequired",
                "Send one: the response relates to it (ITI TF-2 Appendix V.3.2.2).",
            )
        if request.reply_to not in ("", NONE, *self.replies_to):
            raise addressing(
                "this service does not answer to the address in wsa:ReplyTo",
                "OnlyAnonymousAddressSupported",
                "Leave ReplyTo out, or have the address registered with the service.",
            )
        if self.secure is not None:
            request = self.secure(request)
        about = dict(operation.about(request))
        asked = AccessRequest(request.actor, operation.transaction, self.node, about)
        with _behalf(request):
            decision = decide(self.policy, asked)
        if not decision:
            reason = "access is refused" if decision.private else decision.reason
            raise AccessDenied(
                f"{operation.transaction} is refused: {reason}",
                remedy="Ask as somebody who may, or have the policy changed.",
            )
        return request

    def _done(self, request: Message, operation: Operation, mtom: bool) -> tuple[int, Wire | None]:
        client = self.replies_to.get(request.reply_to)
        if client is not None:
            work = threading.Thread(
                target=self._later, args=(request, operation, client), daemon=True
            )
            work.start()
            return 202, None
        with _behalf(request):
            response = operation.handle(request)
        if response is None or request.reply_to == NONE:
            return 202, None
        return 200, self._packed(response, request, mtom)

    def _later(self, request: Message, operation: Operation, client: SoapClient) -> None:
        """Answer by a message of its own (asynchronous exchange, ITI TF-2 Appendix V.3.2.5)."""
        try:
            with _behalf(request):  # a thread of its own does not inherit it
                response = operation.handle(request)
        except Exception as error:
            fault = self._as_fault(error, request)
            response = request.reply(fault.action, write_fault(fault))
        try:
            if response is not None:
                client.send(response)
        except LabkitError:
            _log.exception("%s: the answer was not delivered", request.action)

    def _fault(self, fault: SoapFault, request: Message) -> tuple[int, Wire]:
        reply = Message(fault.action, None, message_id=new_id(), relates_to=request.message_id)
        packed = wire.pack(write_envelope(reply, fault), {}, fault.action, mtom=False)
        return fault.status, self._told(packed, fault.action, request.actor, fault=True)

    def _packed(self, response: Message, request: Message, mtom: bool) -> Wire:
        message = replace(response, message_id=response.message_id or new_id())
        envelope = write_envelope(message)
        packed = wire.pack(envelope, message.attachments, message.action, mtom=mtom)
        return self._told(packed, message.action, request.actor)

    def _told(self, packed: Wire, action: str, to: str, fault: bool = False) -> Wire:
        tell(self.observer, packed, action, (self.node, to), response=True, fault=fault)
        return packed


def _behalf(request: Message) -> AbstractContextManager[None]:
    """Work on behalf of whom `secure` has found out: its ``claims`` may have a ``grant``."""
    return granted(getattr(request.claims, "grant", None))


def soap_app(
    operations: Mapping[str, Operation],
    policy: AccessPolicy = DENY_ALL,
    *,
    node: str = "",
    secure: Callable[[Message], Message] | None = None,
    understood: frozenset[str] = frozenset(),
    replies_to: Mapping[str, SoapClient] | None = None,
    observer: Observer | None = None,
    most_bytes: int = wire.MOST_BYTES,
) -> Starlette:
    """Make a SOAP 1.2 service; it answers POST on every path below where it is mounted.

    A request by MTOM is answered by MTOM, a plain one plainly (ITI TF-2 Appendix V.3.6).

    Parameters
    ----------
    operations
        What is done, by wsa:Action.
    policy
        Asked before each operation. Without one, all is refused.
    node
        The service's name, for the policy and the observer.
    secure
        Looks at the header blocks, says who sends (it returns the message with ``actor`` and
        ``claims``), and raises to refuse. Where the claims have a ``grant``, policy and operation
        work on its behalf. With it ``wsse:Security`` is a block that is understood.
    understood
        Names of further blocks that are, as ``{namespace}name``.
    replies_to
        The addresses other than "the way that it came" that are answered to, each with the client
        that does it. None by default: who sends names the address, and could name any.
    observer
        Told of each message, in and out.
    most_bytes
        Bytes that one request may have.
    """
    replies = {} if replies_to is None else replies_to  # one that is empty may be filled later
    service = Service(operations, policy, node, secure, understood, replies, observer, most_bytes)

    async def endpoint(request: Request) -> Response:
        body: list[bytes] = []
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > most_bytes:
                return Response(f"a message has {most_bytes} bytes at most", 413)
            body.append(piece)
        said = request.headers.get("content-type", "")
        status, sent = await run_in_threadpool(service.answer, said, body)
        if status == 415:
            kinds = f"{SOAP_TYPE}, or multipart/related with {XOP_TYPE}"
            return Response(f"send {kinds}", 415, {"Accept": SOAP_TYPE})
        if sent is None:
            return Response(status_code=status)
        return Response(sent.data, status, {"Content-Type": sent.content_type})

    route = Route("/{path:path}", endpoint, methods=["POST"])
    return Starlette(routes=[route], middleware=[Middleware(Occasions)])


def _soap11() -> Wire:
    return Wire("text/xml; charset=UTF-8", version_mismatch())
