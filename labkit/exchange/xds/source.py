"""Who submits documents, and how a repository reaches a registry behind SOAP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from labkit.common.errors import UsageError
from labkit.common.scope import Closes
from labkit.exchange.soap import Attachment, Attachments, Message, SoapClient
from labkit.exchange.xds.ebxml_write import write_submission
from labkit.exchange.xds.messages import write_provide
from labkit.exchange.xds.model import (
    Association,
    DocumentEntry,
    Folder,
    Submission,
    SubmissionSet,
)
from labkit.exchange.xds.names import PROVIDE, REGISTER
from labkit.exchange.xds.problems import RegistryError
from labkit.exchange.xds.response import read_response

Connect = Callable[[str], SoapClient]
"""Makes the client of an address: how messages are secured, named and watched is decided there."""


class Connections(Closes):
    """Clients of one's own, one for each address, to give back together."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._clients: dict[str, SoapClient] = {}

    def client(self, url: str) -> SoapClient:
        """Return the client of an address."""
        if url not in self._clients:
            self._clients[url] = self._connect(url)
        return self._clients[url]

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # no address: it would differ in every stored output


class DocumentSource(Connections):
    """Submits documents to a repository (ITI-41). With manifests it is RAD-68.

    Parameters
    ----------
    url
        The repository's address.
    connect
        Makes the client, by default a plain `SoapClient`.
    """

    def __init__(self, url: str, *, connect: Connect = SoapClient) -> None:
        super().__init__(connect)
        self.url = url

    def provide(
        self,
        submission_set: SubmissionSet,
        documents: Mapping[DocumentEntry, bytes],
        associations: Iterable[Association] = (),
        folders: Iterable[Folder] = (),
    ) -> tuple[RegistryError, ...]:
        """Submit documents, each under its entry; all are taken, or none.

        An association refers to a new document by its ``entryUUID``, which may be any name within
        the submission. Who wants to know the final one gives a UUID (``urn:uuid:…``) at once.

        Returns
        -------
        tuple of RegistryError
            Warnings.

        Raises
        ------
        XdsError
            It was refused.
        SoapFault, NetworkError
            The repository was not reached, or did not take the message.
        UsageError
            Two entries have one entryUUID.
        """
        entries = tuple(documents)
        contents = {
            entry.entryUUID: Attachment(entry.mimeType, data) for entry, data in documents.items()
        }
        if len(contents) < len(entries):
            raise UsageError(
                "Two documents of the submission have the same entryUUID.",
                remedy="Give each DocumentEntry an entryUUID of its own: doc1, doc2 … will do.",
            )
        submission = Submission.of(submission_set, entries, tuple(associations), tuple(folders))
        files = Attachments()
        body = write_provide(submission, contents, files)
        response = self.client(self.url).call(Message(PROVIDE, body, attachments=files))
        return read_response(response.body)


class RegistryClient(Connections):
    """Registers documents in a registry behind SOAP (ITI-42): what a repository is given.

    Parameters
    ----------
    url
        The registry's address.
    connect
        Makes the client. ITI-42 is simple SOAP whatever the client does: nothing is attached.
    """

    def __init__(self, url: str, *, connect: Connect = SoapClient) -> None:
        super().__init__(connect)
        self.url = url

    def register(self, submission: Submission) -> tuple[RegistryError, ...]:
        """Register a submission whole.

        Raises
        ------
        XdsError, SoapFault, NetworkError
            As of `DocumentSource.provide`.
        """
        response = self.client(self.url).call(
            Message(REGISTER, write_submission(submission)), mtom=False
        )
        return read_response(response.body)
