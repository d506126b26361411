"""Sharing documents by FHIR: source and consumer of IHE MHD (ITI-65, ITI-66, ITI-67, ITI-68)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from pydicom.uid import generate_uid

from labkit.common.errors import DataError, UsageError
from labkit.common.scope import Closes
from labkit.exchange.mhd.bundle import provide_bundle
from labkit.exchange.mhd.check import check_bundle
from labkit.exchange.mhd.content import differences
from labkit.exchange.mhd.fetching import Fetcher
from labkit.exchange.mhd.model import Document, Resource, Submission
from labkit.exchange.mhd.outcomes import NotMhd, Provided, Retrieved
from labkit.exchange.mhd.rules import LIST_TYPES
from labkit.exchange.parties import PatientId
from labkit.fhir.client import FhirClient

Patient = str | PatientId
"""``"Patient/12"``, an identifier ``"system|value"``, or a patient's ID with its issuer."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _new_uid() -> str:
    return str(generate_uid(prefix=None))


class MhdClient(Closes):
    """A Document Source and Document Consumer.

    Parameters
    ----------
    fhir_url
        Base URL of the Document Recipient and Responder: a FHIR R4 server.
    source_id
        OID of the system that submits; needed for `provide` without a `Submission`.
    clock, new_uid
        Give the time and the OID of a new submission.
    elsewhere
        Says whether a document may be fetched from another server than that of `fhir_url`; it is
        asked without our headers. Nothing may, by default: a reference is somebody else's word.
    transport, headers, timeout
        As of any `HttpClient`.

    Examples
    --------
    >>> mhd = MhdClient(url, source_id=NORTH.source)                       # doctest: +SKIP
    >>> mhd.provide([document], subject="Patient/thistlewick")             # doctest: +SKIP
    >>> for found in mhd.find_documents("Patient/thistlewick"):            # doctest: +SKIP
    ...     print(mhd.retrieve(found).content_type)
    """

    def __init__(
        self,
        fhir_url: str,
        *,
        source_id: str = "",
        clock: Callable[[], datetime] = _now,
        new_uid: Callable[[], str] = _new_uid,
        elsewhere: Callable[[str], bool] = lambda url: False,
        transport: httpx.BaseTransport | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.fhir = FhirClient(fhir_url, transport=transport, headers=headers, timeout=timeout)
        self._bytes = Fetcher(fhir_url, transport=transport, headers=headers, timeout=timeout)
        self._open = Fetcher("", transport=transport, headers=None, timeout=timeout)
        self._source_id, self._clock, self._new_uid = source_id, clock, new_uid
        self._elsewhere = elsewhere

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def close(self) -> None:
        """Give the connections back."""
        for client in (self.fhir, self._bytes, self._open):
            client.close()

    def provide(
        self,
        documents: Sequence[Document],
        *,
        subject: str,
        level: str = "minimal",
        submission: Submission | None = None,
        source_patient: Mapping[str, Any] | None = None,
    ) -> Provided:
        """Submit documents: all of them, with what replaces what, or nothing (ITI-65).

        Parameters
        ----------
        subject
            Reference of the Patient on the server.
        level
            ``"minimal"``, ``"comprehensive"`` or ``"uncontained"``.
        submission
            Who submits, and when; made of `source_id`, clock and a new OID where not given.
        source_patient
            The Patient as the source has it; beyond minimal read from the server if not given.

        Raises
        ------
        NotMhd
            The Bundle would not keep the profile; nothing was sent.
        FhirError, NetworkError
            The server refused, or did not answer; then nothing is stored.
        """
        if not documents:
            raise UsageError("There is no document.", remedy="Give at least one.")
        if submission is None:
            submission = self._submission(documents)
        if source_patient is None and level != "minimal":
            source_patient = self.fhir.read(subject)
        bundle = provide_bundle(
            documents, submission, subject=subject, level=level, source_patient=source_patient
        )
        return self.send(bundle, level)

    def send(self, bundle: Resource, level: str = "minimal") -> Provided:
        """Check a Bundle and submit it (ITI-65); errors as of `provide`."""
        problems = check_bundle(bundle, level)
        if problems:
            raise NotMhd(problems)
        answer = self.fhir.transaction(bundle)
        rows = answer.get("entry", [])
        if len(rows) != len(bundle["entry"]):
            raise DataError(
                "The answer does not have one entry for each that was sent (2:3.65.4.2.2).",
                remedy="Look what is stored before you send again.",
            )
        made: dict[str, list[str]] = {}
        for sent, row in zip(bundle["entry"], rows, strict=True):
            where = str(row.get("response", {}).get("location", "")).split("/_history")[0]
            where = "/".join(where.split("/")[-2:])
            made.setdefault(sent["resource"]["resourceType"], []).append(where)
        return Provided(
            made["List"][0],
            tuple(made.get("DocumentReference", [])),
            tuple(
                e["request"]["url"] for e in bundle["entry"] if "PATCH" in e["request"]["method"]
            ),
            bundle,
            answer,
        )

    def _submission(self, documents: Sequence[Document]) -> Submission:
        if not self._source_id:
            raise UsageError(
                "Nobody says which system submits.",
                remedy="Make the MhdClient with source_id=, an OID, or give a Submission.",
            )
        date = self._clock().isoformat(timespec="seconds")
        kinds = [document.type for document in documents if document.type]
        return Submission(
            self._source_id, self._new_uid(), date, designation=kinds[0] if kinds else None
        )

    def find_lists(
        self, patient: Patient, *, code: str = "submissionset", status: str = "current", **more: Any
    ) -> list[Resource]:
        """Find submission sets, or with ``code="folder"`` folders (ITI-66).

        Parameters
        ----------
        more
            Further parameters of ITI-66: ``date``, ``identifier``, ``designationType``,
            ``sourceId`` …; one with a dot or a hyphen through a dictionary.

        Raises
        ------
        UsageError
            Patient, code or status is missing: a consumer shall give them (2:3.66.4.1.2.1).
        """
        asked = {"code": f"{LIST_TYPES}|{code}" if code else "", "status": status}
        return self._find("List", patient, asked, more)

    def find_documents(
        self, patient: Patient, *, status: str = "current", **more: Any
    ) -> list[Resource]:
        """Find DocumentReferences (ITI-67).

        Parameters
        ----------
        more
            Further parameters of ITI-67: ``type``, ``category``, ``event``, ``format``,
            ``period``, ``creation``, ``date``, ``setting``, ``facility``, ``related`` …; one with
            a dot or a hyphen through a dictionary: ``**{"security-label": "N"}``.

        Raises
        ------
        UsageError
            Patient or status is missing: a consumer shall give them (2:3.67.4.1.2.1).
        """
        return self._find("DocumentReference", patient, {"status": status}, more)

    def _find(
        self, kind: str, patient: Patient, asked: Mapping[str, str], more: Mapping[str, Any]
    ) -> list[Resource]:
        who = patient.token if isinstance(patient, PatientId) else str(patient)
        missing = [name for name, value in {"patient": who, **asked}.items() if not value]
        if missing:
            raise UsageError(
                f"A search for {kind} without {' and '.join(missing)} is no search of MHD.",
                remedy="Say whose, and in which status: without them a server gives everybody's.",
            )
        name = "patient.identifier" if "|" in who else "patient"
        return list(self.fhir.search(kind, **{name: who, **asked, **more}))

    def retrieve(self, document: Resource | str) -> Retrieved:
        """Fetch a document, and hold its bytes against size and hash (ITI-68).

        Parameters
        ----------
        document
            A DocumentReference, or its reference on the server.

        Raises
        ------
        DataError
            It names no document, one on a server that may not be asked, or the bytes are not
            those that were submitted.
        HttpError, NetworkError
            The server refused (404 unknown, 410 no longer to be had, 406 not as that type), or
            did not answer.
        """
        resource = self.fhir.read(document) if isinstance(document, str) else document
        attachments = [c.get("attachment", {}) for c in resource.get("content", [])]
        attachment = attachments[0] if attachments else {}
        url = str(attachment.get("url", ""))
        if not url or url.startswith("urn:"):
            raise DataError(
                "The DocumentReference does not say where its document is.",
                remedy="MHD wants content.attachment.url; data within the resource is not its way.",
            )
        where = urljoin(f"{self.fhir.base_url}/", url)
        fetcher = self._bytes
        if urlsplit(where)[:2] != urlsplit(self.fhir.base_url)[:2]:
            if not self._elsewhere(where):
                raise DataError(
                    f"The document is on another server, {urlsplit(where).netloc}.",
                    remedy="Decide whether it may be asked: MhdClient(…, elsewhere=…).",
                )
            fetcher = self._open
        content, kind = fetcher.get(where, str(attachment.get("contentType", "")))
        for name, right, said in differences(attachment, content):
            raise DataError(
                f"These are not the bytes that were submitted: attachment.{name} says {said}, "
                f"and that of the bytes {right}.",
                remedy="Do not use them; ask the source for the document.",
            )
        return Retrieved(content, kind, {"size", "hash"} <= set(attachment))
