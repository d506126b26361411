"""What was said between sites, in order: transactions by their IHE numbers, bytes, digests.

::

    transcript = Transcript()
    with SoapClient(url, name="consumer", peer="registry", observer=transcript) as client: …
    transcript.messages[0].transaction          # "ITI-18"
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from labkit.common.html_table import html_table
from labkit.exchange.images.request import RAD69, RAD75
from labkit.exchange.soap import Exchanged, Observer
from labkit.exchange.soap.observer import tell
from labkit.exchange.soap.wire import Wire
from labkit.exchange.xca.query import ITI18, ITI38
from labkit.exchange.xca.retrieval import ITI39, ITI43

ITI41 = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
ITI42 = "urn:ihe:iti:2007:RegisterDocumentSet-b"
TRANSACTIONS: Mapping[str, str] = {
    # RAD-68 is ITI-41 with manifests as its documents (RAD TF-2 4.68), under the same action.
    ITI41: "RAD-68", ITI42: "ITI-42", ITI18: "ITI-18", ITI38: "ITI-38", ITI43: "ITI-43",
    ITI39: "ITI-39", RAD69: "RAD-69", RAD75: "RAD-75",
}  # fmt: skip
"""wsa:Action of a request → its transaction."""


@dataclass(frozen=True)
class Said:
    """One message of a transaction.

    Attributes
    ----------
    transaction
        ``"RAD-75"``; the action itself where it is of none that is known.
    exchanged
        The message: who sent it to whom, its bytes and their digest.
    """

    transaction: str
    exchanged: Exchanged

    @property
    def kind(self) -> str:
        """``"request"``, ``"response"`` or ``"fault"``."""
        if self.exchanged.fault:
            return "fault"
        return "response" if self.exchanged.response else "request"

    def to_json(self) -> dict[str, Any]:
        """Return it as ``labkit exchange demo --json`` prints it."""
        one = self.exchanged
        return {
            "transaction": self.transaction, "message": self.kind, "from": one.sender,
            "to": one.receiver, "bytes": one.size, "sha256": one.sha256,
        }  # fmt: skip


class Transcript:
    """An observer that keeps every message, and knows which transaction it belongs to.

    A response does not say it: those of ITI-43 and RAD-69 have one action. It belongs to the
    newest request, the other way, that is not answered yet.
    """

    def __init__(self) -> None:
        self._messages: list[Said] = []
        self._open: list[Said] = []
        self._lock = threading.Lock()

    def __call__(self, exchanged: Exchanged) -> None:
        """Take one message."""
        with self._lock:
            said = Said(self._transaction(exchanged), exchanged)
            self._messages.append(said)
            if not exchanged.response:
                self._open.append(said)

    def _transaction(self, one: Exchanged) -> str:
        if not one.response:
            return TRANSACTIONS.get(one.action, one.action)
        for asked in reversed(self._open):
            if (asked.exchanged.sender, asked.exchanged.receiver) == (one.receiver, one.sender):
                self._open.remove(asked)
                return asked.transaction
        return TRANSACTIONS.get(one.action.removesuffix("Response"), one.action)

    @property
    def messages(self) -> list[Said]:
        """What was said so far, oldest first."""
        with self._lock:
            return list(self._messages)

    def of(self, transaction: str) -> list[Said]:
        """Return the messages of one transaction."""
        return [said for said in self.messages if said.transaction == transaction]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._messages.clear()
            self._open.clear()

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Said]:
        return iter(self.messages)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [(s.transaction, s.kind, s.exchanged.sender, s.exchanged.receiver) for s in self]

    def __repr__(self) -> str:
        rows = self._rows()
        wide = [max((len(row[n]) for row in rows), default=0) for n in range(4)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(row, wide, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        return html_table(("transaction", "message", "from", "to"), self._rows())


class ToldTransport(httpx.BaseTransport):
    """A way to an HTTP service that is no SOAP, and tells of what passes: ITI-83, RAD-108 …

    Parameters
    ----------
    transaction
        What the messages are of.
    sender, receiver
        As the two sides are called.
    observer
        Told of each message. Of a request without body it gets the request line, without the host.
    """

    def __init__(self, transaction: str, sender: str, receiver: str, observer: Observer) -> None:
        self._way, self._transaction, self._observer = (sender, receiver), transaction, observer
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, telling of it and of the answer."""
        line = f"{request.method} {request.url.raw_path.decode()}".encode()
        self._tell(request.headers.get("content-type", ""), request.read() or line, False)
        answer = self._inner.handle_request(request)
        answer.read()
        self._tell(answer.headers.get("content-type", ""), answer.content, True)
        return answer

    def _tell(self, kind: str, data: bytes, response: bool) -> None:
        sender, receiver = reversed(self._way) if response else self._way
        tell(self._observer, Wire(kind, data), self._transaction, (sender, receiver),
             response=response)  # fmt: skip

    def close(self) -> None:
        """Give the connections back."""
        self._inner.close()
