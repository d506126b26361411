"""What a registry or repository says of what went wrong: the RegistryErrorList (ITI TF-3 4.2.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from labkit.common.errors import LabkitError
from labkit.exchange.xds.names import ERROR, WARNING

T = TypeVar("T")


@dataclass(frozen=True)
class RegistryError:
    """One error or warning.

    Attributes
    ----------
    code
        Its errorCode, ``"XDSUnknownPatientId"`` (ITI TF-3 Table 4.2.4.1-2).
    context
        Its codeContext: what it is about, for people.
    location
        Where it was found: the id of an object, or a homeCommunityId of the community that says it.
    warning
        Whether it is a warning: then the request has succeeded all the same.
    """

    code: str
    context: str
    location: str = ""
    warning: bool = False

    @property
    def severity(self) -> str:
        """Its severity as URN."""
        return WARNING if self.warning else ERROR

    def __str__(self) -> str:
        return f"{self.code}: {self.context}"


class XdsError(LabkitError):
    """A registry or repository refused, with all it has to say.

    Attributes
    ----------
    errors
        At least one.
    """

    def __init__(self, errors: Iterable[RegistryError], *, remedy: str = "") -> None:
        self.errors = tuple(errors)
        super().__init__(
            "; ".join(str(error) for error in self.errors) or "the request failed",
            remedy=remedy or "See ITI TF-3 4.2.4 for what the code means, and correct the request.",
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """The errorCodes."""
        return tuple(error.code for error in self.errors)


def refuse(code: str, context: str, location: str = "", *, remedy: str = "") -> XdsError:
    """Make a refusal for one reason."""
    return XdsError([RegistryError(code, context, location)], remedy=remedy)


class Answer(list[T], Generic[T]):
    """What was found, and what else was said.

    Attributes
    ----------
    errors
        What the answering side could not do. With errors (not only warnings) the answer is
        PartialSuccess: what is in it is true, and more may exist.
    """

    def __init__(self, found: Iterable[T] = (), errors: Iterable[RegistryError] = ()) -> None:
        super().__init__(found)
        self.errors = tuple(errors)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(error.warning for error in self.errors)
