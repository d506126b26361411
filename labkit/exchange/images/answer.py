"""The answer to RAD-69, and to ITI-43, ITI-39 and RAD-75, which have the same (ITI TF-2 3.43.5).

A gateway passes on what was said of each document, so a failure is read here as what it says and
not raised.
"""

from __future__ import annotations

from collections.abc import Iterable

from labkit.exchange.soap import Attachments, Message
from labkit.exchange.xds.messages import Retrieved, read_retrieved, write_retrieved
from labkit.exchange.xds.problems import RegistryError, XdsError


def answered(
    request: Message, action: str, documents: Iterable[Retrieved], errors: Iterable[RegistryError]
) -> Message:
    """Make the response: Success, PartialSuccess or Failure, as there are documents and errors."""
    files = Attachments()
    return request.reply(action, write_retrieved(documents, errors, files), files)


def came(response: Message) -> tuple[list[Retrieved], list[RegistryError]]:
    """Read a response, a failure too.

    Raises
    ------
    DataError
        A document that it names is not in it.
    """
    try:
        found = read_retrieved(response)
    except XdsError as error:
        return [], list(error.errors)
    return list(found), list(found.errors)
