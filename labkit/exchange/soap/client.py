"""A client of one SOAP service."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx

from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.common.web import HttpClient
from labkit.exchange.soap import wire, xml
from labkit.exchange.soap.envelope import check_understood, read_envelope, write_envelope
from labkit.exchange.soap.fault import read_fault
from labkit.exchange.soap.message import Message, new_id
from labkit.exchange.soap.names import env
from labkit.exchange.soap.observer import Observer, tell
from labkit.exchange.soap.wire import ContentType, Wire


class SoapClient(HttpClient):
    """Sends messages to one address, and reads what it answers.

    Parameters
    ----------
    url
        The address of the service.
    transport
        Another way than the network (in tests: straight into the application).
    mtom
        Whether messages go as MTOM, which IHE wants of document transactions; else plain, with
        binary content as base64 text.
    name, peer
        What this side and the other are called, for the observer.
    secure
        Makes header blocks for a message that is about to go, such as ``wsse:Security``.
    observer
        Told of each message, out and in.
    ids
        Makes a MessageID.
    headers
        Sent with each HTTP request.
    timeout
        Seconds that the service may be silent.
    most_bytes
        Bytes that a response may have.
    verify
        The TLS context of ``https`` addresses; by default the system's authorities count.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        mtom: bool = True,
        name: str = "",
        peer: str = "",
        secure: Callable[[Message], Sequence[xml.Element]] | None = None,
        observer: Observer | None = None,
        ids: Callable[[], str] = new_id,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
        most_bytes: int = wire.MOST_BYTES,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        if transport is None and verify is not None:
            transport = httpx.HTTPTransport(verify=verify, trust_env=False)
        super().__init__(url, transport=transport, headers=headers, timeout=timeout)
        self.url = url
        self.mtom = mtom
        self.name, self.peer = name, peer
        self.secure = secure
        self.observer = observer
        self._ids = ids
        self._most = most_bytes

    def call(self, message: Message, *, mtom: bool | None = None) -> Message:
        """Send a request and return the response.

        Parameters
        ----------
        mtom
            How this message goes, where it is not as the client's others.

        Raises
        ------
        SoapFault
            The service answered with a fault.
        NetworkError
            It was not reached, or answered with something else than SOAP.
        DataError
            Its answer cannot be read, or belongs to another request.
        """
        sent, status, answer = self._post(message, mtom)
        content_type = ContentType(answer.content_type)
        if not content_type.soap:
            raise HttpError(
                f"The SOAP service answered {status}, and not with SOAP 1.2: "
                f"{answer.data[:200].decode('utf-8', 'replace')}",
                status=status,
                remedy="Look at the address of the service, and at what it says.",
            )
        root, attachments = wire.unpack(content_type, [answer.data])
        response = replace(read_envelope(root), attachments=attachments, actor=self.peer)
        body = response.body
        fault = body is not None and body.tag == env("Fault")
        way = (self.peer, self.name)
        tell(self.observer, answer, response.action, way, response=True, fault=fault)
        if fault:
            raise read_fault(body)
        if status != 200:
            raise HttpError(
                f"The SOAP service answered {status} without a fault.",
                status=status,
                remedy="Read the service's log.",
            )
        check_understood(response, frozenset())
        if response.relates_to != sent.message_id:
            raise DataError(
                f"the response relates to {response.relates_to[:80]!r}, not to the request "
                f"{sent.message_id!r}",
                remedy="Have the service return the request's MessageID in wsa:RelatesTo.",
            )
        return response

    def send(self, message: Message) -> None:
        """Send a message that is not answered on this way, such as a late response.

        Raises
        ------
        SoapFault, NetworkError
            As of `call`.
        """
        _, status, answer = self._post(message, None)
        if status in (200, 202, 204) and not answer.data:
            return
        content_type = ContentType(answer.content_type)
        if content_type.soap:
            body = read_envelope(wire.unpack(content_type, [answer.data])[0]).body
            if body is not None and body.tag == env("Fault"):
                raise read_fault(body)
        raise HttpError(
            f"The message was answered with {status}, and not accepted.",
            status=status,
            remedy="Have the receiver answer 202 (WS-Addressing SOAP Binding 5.1).",
        )

    def _post(self, message: Message, mtom: bool | None) -> tuple[Message, int, Wire]:
        message = replace(
            message, message_id=message.message_id or self._ids(), to=message.to or self.url
        )
        if self.secure is not None:
            message = replace(message, headers=(*message.headers, *self.secure(message)))
        packed = wire.pack(
            write_envelope(message),
            message.attachments,
            message.action,
            mtom=self.mtom if mtom is None else mtom,
        )
        way = (self.name, self.peer)
        tell(self.observer, packed, message.action, way, response=bool(message.relates_to))
        headers = {"Content-Type": packed.content_type, "Accept": "*/*"}
        try:
            with self._http.stream(
                "POST", self.url, content=packed.data, headers=headers
            ) as response:
                return message, response.status_code, self._read(response)
        except httpx.TransportError as error:
            raise NetworkError(
                f"The SOAP service at {self.url} was not reached: {error}",
                remedy="See that it runs, and that the line to it is up.",
            ) from error

    def _read(self, response: httpx.Response) -> Wire:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > self._most:
                raise DataError(
                    f"the response is larger than {self._most} bytes",
                    remedy="Ask for less at once, or allow more (most_bytes).",
                )
            pieces.append(piece)
        return Wire(response.headers.get("content-type", ""), b"".join(pieces))
