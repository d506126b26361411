"""Answers that come later, by a message of their own: asynchronous web services exchange.

The request names an address to answer to (wsa:ReplyTo) and is acknowledged with 202; the response
arrives there when it is ready, and names the request that it answers (ITI TF-2 Appendix V.3.2.5). A
Responding Gateway has to be able to do this (ITI TF-2 3.38.1); for an Initiating one it is an
option (ITI TF-1 18.2.2).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, TimeoutError
from dataclasses import replace

from labkit.common.errors import NetworkError
from labkit.exchange.soap import Message, Operation, SoapClient, SoapFault, new_id


class LateAnswers:
    """Where an Initiating Gateway takes answers that come later.

    Parameters
    ----------
    url
        Where it is served: what goes into wsa:ReplyTo.
    patience
        Seconds that an answer is waited for.
    """

    def __init__(self, url: str, *, patience: float = 20.0) -> None:
        self.url, self._patience = url, patience
        self._waiting: dict[str, Future[Message]] = {}
        self._lock = threading.Lock()

    def operations(self, actions: Iterable[str]) -> dict[str, Operation]:
        """Return what a SOAP service of it does: it takes responses of those actions."""
        return {action: Operation(self._take, "answer") for action in actions}

    def call(self, client: SoapClient, message: Message) -> Message:
        """Send a request that is to be answered here, and wait for the answer.

        Raises
        ------
        SoapFault
            The other side refused the request.
        NetworkError
            It was not reached, or has not answered in time.
        """
        sent = replace(message, message_id=message.message_id or new_id(), reply_to=self.url)
        answer: Future[Message] = Future()
        with self._lock:
            self._waiting[sent.message_id] = answer
        try:
            client.send(sent)
            return answer.result(self._patience)
        except TimeoutError as error:
            raise NetworkError(
                f"No answer came within {self._patience:g} seconds.",
                remedy="See that the other side knows the address in wsa:ReplyTo.",
            ) from error
        finally:
            with self._lock:
                self._waiting.pop(sent.message_id, None)

    def _take(self, message: Message) -> None:
        """Take an answer; only one that is waited for, and once."""
        with self._lock:
            answer = self._waiting.pop(message.relates_to, None)
        if answer is None:
            raise SoapFault(
                "this answers no request that waits for an answer",
                remedy="Name the request's MessageID in wsa:RelatesTo, and answer once.",
            )
        answer.set_result(message)
