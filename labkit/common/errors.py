"""The one error tree.

::

    LabkitError                    everything this package raises on purpose
    ├── UsageError                 what the caller gave cannot be used
    │   └── DataError              a DICOM object, FHIR resource or file is not what it should be
    ├── LabError                   the lab is not there, not well, or busy
    │   ├── LabNotRunning          nothing serves this workspace
    │   └── PortTaken              another program holds the port
    ├── NetworkError               the other side could not be reached, or went away
    │   ├── AssociationError       an association was not had, or was lost (PS3.8)
    │   │   ├── AssociationRejected    A-ASSOCIATE-RJ
    │   │   ├── AssociationAborted     A-ABORT, A-P-ABORT or the connection closed
    │   │   ├── NoPresentationContext  accepted, but nothing usable was negotiated
    │   │   └── ResponseTimeout        the peer is silent
    │   └── HttpError              an HTTP peer answered with an error
    ├── DimseError                 the peer answered with a failure status (PS3.7 Annex C)
    └── AccessDenied               a policy said no

Every error says what to do next: ``LabkitError.remedy``. In a notebook it is shown as two lines,
without a traceback, since the traceback is about our code and the remedy is about theirs.
"""

from __future__ import annotations


class LabkitError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message
        What went wrong, one sentence.
    remedy
        What to do next, one sentence. Empty only where nothing can be done.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  -> {self.remedy}" if self.remedy else self.message

    def _render_traceback_(self) -> list[str]:
        """Called by IPython in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(LabkitError):
    """What the caller gave cannot be used."""


class DataError(UsageError):
    """A DICOM object, a FHIR resource or a file is not what it should be."""


class LabError(LabkitError):
    """The lab is not there, not well, or busy."""


class LabNotRunning(LabError):
    """Nothing serves this workspace."""


class PortTaken(LabError):
    """Another program holds the port."""


class NetworkError(LabkitError):
    """The other side could not be reached, or went away."""


class AssociationError(NetworkError):
    """An association was not had, or was lost (PS3.8).

    Attributes
    ----------
    trace
        The PDUs seen so far (``labkit.dimse.AssociationTrace``), or ``None``.
    """

    trace: object | None = None


class AssociationRejected(AssociationError):
    """The peer answered A-ASSOCIATE-RJ (PS3.8 9.3.4).

    Attributes
    ----------
    result, source, reason
        The three numbers of PS3.8 Table 9-21.
    """

    def __init__(
        self, message: str, *, result: int, source: int, reason: int, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.result = result
        self.source = source
        self.reason = reason


class AssociationAborted(AssociationError):
    """A-ABORT, A-P-ABORT or a closed connection (PS3.8 9.3.8)."""


class NoPresentationContext(AssociationError):
    """The association was accepted, but no presentation context for this act (PS3.8 9.3.3.2)."""


class ResponseTimeout(AssociationError):
    """The peer is silent for longer than the timeout."""


class HttpError(NetworkError):
    """An HTTP peer answered with an error.

    Attributes
    ----------
    status
        The HTTP status code.
    """

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class DimseError(LabkitError):
    """The peer answered with a failure status (PS3.7 Annex C).

    Attributes
    ----------
    status
        The status code, 0x0000–0xFFFF.
    """

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class AccessDenied(LabkitError):
    """A policy said no; the message is the policy's reason."""
