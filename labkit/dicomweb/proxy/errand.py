"""A C-GET or C-MOVE: how it is stopped, what it came to, what has to be proposed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydicom.uid import (
    AllTransferSyntaxes,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)
from pynetdicom import StoragePresentationContexts, sop_class

from labkit.dicomweb.proxy.trace import Step
from labkit.dimse.status import Status

PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_SYNTAXES = tuple(str(uid) for uid in AllTransferSyntaxes)
_MOST_CONTEXTS = 127  # beside that of the C-GET itself (PS3.8 9.3.2.2)
_OFTEN = tuple(map(str, (RLELossless, JPEGBaseline8Bit, JPEGLosslessSV1, JPEG2000Lossless)))
_IMAGES = tuple(
    str(getattr(sop_class, name))
    for name in (
        "ComputedRadiographyImageStorage",
        "DigitalXRayImageStorageForPresentation",
        "DigitalXRayImageStorageForProcessing",
        "DigitalMammographyXRayImageStorageForPresentation",
        "DigitalMammographyXRayImageStorageForProcessing",
        "BreastTomosynthesisImageStorage",
        "CTImageStorage",
        "EnhancedCTImageStorage",
        "UltrasoundImageStorage",
        "UltrasoundMultiFrameImageStorage",
        "MRImageStorage",
        "EnhancedMRImageStorage",
        "SecondaryCaptureImageStorage",
        "MultiFrameGrayscaleByteSecondaryCaptureImageStorage",
        "MultiFrameGrayscaleWordSecondaryCaptureImageStorage",
        "MultiFrameTrueColorSecondaryCaptureImageStorage",
        "XRayAngiographicImageStorage",
        "EnhancedXAImageStorage",
        "XRayRadiofluoroscopicImageStorage",
        "NuclearMedicineImageStorage",
        "PositronEmissionTomographyImageStorage",
        "EnhancedPETImageStorage",
        "RTImageStorage",
        "VLEndoscopicImageStorage",
        "VLMicroscopicImageStorage",
        "VLPhotographicImageStorage",
        "OphthalmicPhotography8BitImageStorage",
        "OphthalmicTomographyImageStorage",
    )
)
Context = tuple[str, tuple[str, ...]]
"""Abstract syntax, transfer syntaxes."""
Tell = Callable[[Step], None]


@dataclass(frozen=True)
class Ending:
    """What a C-GET or C-MOVE came to.

    Attributes
    ----------
    status
        The final status.
    failed
        Sub-operations that failed, as the PACS counted them.
    """

    status: Status
    failed: int = 0


@dataclass
class Errand:
    """A C-GET or C-MOVE that may be cancelled while it goes on.

    Attributes
    ----------
    receive
        Takes each object of a C-GET; gives the status of its C-STORE.
    tell
        Takes the step that it makes.
    step
        The step that is under way, in which objects are counted.
    """

    tell: Tell
    receive: Callable[[Any], int] = lambda event: 0x0110
    _cancel: Callable[[], None] | None = None
    _abort: Callable[[], None] | None = None
    cancelled: bool = False
    step: Step | None = None

    def cancel(self) -> None:
        """Send a C-CANCEL (PS3.7 9.3.2.3)."""
        self.cancelled = True
        cancel = self._cancel
        if cancel is not None:
            with suppress(RuntimeError):  # pynetdicom's, where the association has just ended
                cancel()

    def abort(self) -> None:
        """End the association."""
        self.cancelled = True
        abort = self._abort
        if abort is not None:
            abort()


def storage_contexts(classes: Sequence[str]) -> Iterator[tuple[Context, ...]]:
    """What to propose: first of all, and then for what has not come.

    One context a class and transfer syntax, so that each object can come as it is. Without classes,
    since some PACS do not tell them: the usual ones, uncompressed; then images as they are often
    compressed. Not every PACS can decompress what it holds.
    """
    if classes:
        yield tuple(_each(classes))
        return
    usual = StoragePresentationContexts[:_MOST_CONTEXTS]
    yield tuple((str(context.abstract_syntax), PLAIN) for context in usual)
    yield tuple((uid, (syntax,)) for uid in _IMAGES for syntax in _OFTEN)


def _each(classes: Sequence[str]) -> Iterator[Context]:
    chosen = list(classes)[:_MOST_CONTEXTS]
    each = max(1, _MOST_CONTEXTS // max(len(chosen), 1))
    alone = _SYNTAXES[: each - 1] if len(_SYNTAXES) > each else _SYNTAXES
    for uid in chosen:
        for syntax in alone:
            yield uid, (syntax,)
        if len(alone) < len(_SYNTAXES):
            yield uid, _SYNTAXES[len(alone) :]
