"""What can go wrong with a cloud tier, each by its name."""

from __future__ import annotations

from labkit.common.errors import DataError, LabError, NetworkError


class StoreUnreachable(NetworkError):
    """The line to the object store was cut, or it did not answer. What was begun can go on."""


class StoreRefused(NetworkError):
    """The object store answered, and said no.

    Attributes
    ----------
    code
        Its word for it, such as ``AccessDenied`` or ``NoSuchBucket``.
    """

    def __init__(self, message: str, *, code: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class NotInStore(StoreRefused):
    """There is no such object in the store."""


class Damaged(DataError):
    """What is in the store is not what was put there: changed, cut, or another object.

    Attributes
    ----------
    name
        The object's name in the store.
    """

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(
            message,
            remedy="Use another copy of the study, keep this one for the provider, and ask it why.",
        )
        self.name = name


class KeyDestroyed(LabError):
    """The key is gone, and with it whatever it had encrypted."""


class NotYet(LabError):
    """A rule forbids it now: retention, a legal hold, or a copy that is not proven."""
