"""The same object in another transfer syntax, and what that does to it (PS3.5 10, A, 8.2)."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import compress, decompress, pixel_array
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGLSNearLossless,
    generate_uid,
)

from labkit.common.errors import DataError, UsageError
from labkit.dicom.codecs import WRITABLE, WRITERS, Quality, Writer

Array = npt.NDArray[Any]

# Values that are kept as the bytes of the file: their words turn round with the byte order.
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def transcode(
    ds: Dataset,
    transfer_syntax: str,
    *,
    ratio: float = 10.0,
    near: int = 2,
    quality: int = 90,
) -> Dataset:
    """Return a copy of `ds` in another transfer syntax.

    A lossless change keeps the SOP Instance UID: it is the same image. A lossy one makes a derived
    image with a UID of its own, and says so in Lossy Image Compression, its ratio and method, Image
    Type, Derivation Code and Source Image Sequence (PS3.3 C.7.6.1.1.2, C.7.6.1.1.5, C.12.4).

    Parameters
    ----------
    ds
        With file meta information, which names the transfer syntax it is in now.
    transfer_syntax
        Its UID: ``pydicom.uid.RLELossless``. What can be written is `labkit.dicom.writable`.
    ratio
        JPEG 2000 (lossy): how many times smaller than uncompressed.
    near
        JPEG-LS Near-Lossless: the most that a stored value may change.
    quality
        JPEG Baseline: 1–100.

    Returns
    -------
    Dataset
        Ready for ``save_as`` and for `labkit.dimse.store`.

    Raises
    ------
    UsageError
        The transfer syntax cannot be written, or not for this kind of image.
    DataError
        The pixels cannot be decoded.
    """
    target = UID(str(transfer_syntax))
    if target not in WRITABLE:
        kind = target.name if target.is_transfer_syntax else f"{str(transfer_syntax)!r}"
        raise UsageError(
            f"{kind} cannot be written here",
            remedy=f"Write one of {', '.join(UID(t).name for t in WRITABLE)}.",
        )
    source = _syntax_of(ds)
    new = copy.deepcopy(ds)
    if source == target:
        return new
    if source.is_encapsulated and "PixelData" in ds:
        _decode(new)
    if source == ExplicitVRBigEndian:
        _turn_words(new)
    new.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if target in WRITERS and "PixelData" in ds:
        _encode(new, target, Quality(ratio, near, quality))
    elif target == ExplicitVRBigEndian:
        _turn_words(new)
    new.file_meta.TransferSyntaxUID = target
    return new


def encoded(ds: Dataset) -> bytes:
    """Encode a data set as a Part 10 file, in the transfer syntax that its file meta names."""
    _syntax_of(ds)
    stream = io.BytesIO()
    dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()


def writable() -> dict[str, UID]:
    """Return every transfer syntax that `transcode` writes, by name."""
    return {UID(syntax).name: UID(syntax) for syntax in WRITABLE}


def _syntax_of(ds: Dataset) -> UID:
    meta = getattr(ds, "file_meta", None)
    if not isinstance(meta, FileMetaDataset) or not meta.get("TransferSyntaxUID"):
        raise UsageError(
            "the data set does not say which transfer syntax it is in",
            remedy="Read it from a Part 10 file, or set ds.file_meta.TransferSyntaxUID.",
        )
    return UID(meta.TransferSyntaxUID)


def _decode(ds: Dataset) -> None:
    """Make the pixels native; colour becomes RGB, pixel by pixel (PS3.5 8.2)."""
    for item in _items(ds):
        if "PixelData" in item and item["PixelData"].is_undefined_length:
            raise DataError(
                "a sequence of it holds compressed pixels too (an icon)",
                remedy="Delete the IconImageSequence of a copy; it is optional (PS3.3 C.7.6.1).",
            )
    try:
        decompress(ds, generate_instance_uid=False)
    except Exception as error:  # codecs raise whatever they like
        raise DataError(
            f"the pixels cannot be decoded: {error}",
            remedy="Look at the stream: `labkit.dicom.element_bytes`. It may be cut short.",
        ) from error


def _encode(ds: Dataset, target: UID, quality: Quality) -> None:
    writer = WRITERS[target]
    _refuse(ds, target, writer)
    before = len(ds.PixelData)
    try:
        pixels = _prepared(ds, writer)
        if writer.encode is None:
            options = writer.options(quality)
            if ds.PhotometricInterpretation not in ("YBR_RCT", "YBR_ICT"):
                options["use_mct"] = False  # the codestream must not claim a transform
            compress(ds, target, pixels, generate_instance_uid=False, **options)
        else:
            single = pixels.ndim == 2 + (int(ds.SamplesPerPixel) > 1)
            frames = pixels[None] if single else pixels
            ds.PixelData = encapsulate([writer.encode(frame, ds, quality) for frame in frames])
            ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    except Exception as error:  # codecs raise whatever they like
        raise UsageError(
            f"this image cannot be written as {target.name}: {error}",
            remedy="RLE Lossless and the uncompressed ones take every integer image.",
        ) from error
    if writer.method:
        _mark_lossy(ds, writer.method, before / len(ds.PixelData))


def _prepared(ds: Dataset, writer: Writer) -> Array:
    """Give the samples as the codec wants them, and have the attributes say so (PS3.5 8.2)."""
    # A lossless codec leaves YBR alone (raw), since turning it into RGB would round.
    pixels = pixel_array(ds, raw=not writer.method)
    if int(ds.SamplesPerPixel) > 1:
        colour = "RGB" if writer.method else str(ds.PhotometricInterpretation)
        if colour == "YBR_FULL_422":
            colour = "YBR_FULL"  # each pixel has been given its own colour
        ds.PhotometricInterpretation = writer.colour if colour == "RGB" else colour
        ds.PlanarConfiguration = 0
    return pixels


def _refuse(ds: Dataset, target: UID, writer: Writer) -> None:
    why, remedy = "", "Take a lossless transfer syntax, such as RLE Lossless."
    bits = int(ds.get("BitsAllocated", 0))
    if bits not in (8, 16):
        why = f"has {bits} bits allocated; 8 or 16 can be compressed here"
        remedy = "Leave it uncompressed, or take Deflated Explicit VR Little Endian."
    elif bits > writer.most_bits:
        why = f"has {bits} bits allocated; this one takes {writer.most_bits}"
    elif writer.method and ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        why = "is PALETTE COLOR, where a near number is another colour (PS3.3 C.7.6.3.1.2)"
    elif target == JPEGLSNearLossless and int(ds.get("PixelRepresentation", 0)):
        why = "has signed values, which the codec takes for unsigned ones"
    if why:
        raise UsageError(f"this image cannot be written as {target.name}: it {why}", remedy=remedy)


def _mark_lossy(ds: Dataset, method: str, ratio: float) -> None:
    """Say what was lost, and give the derived image its own identity."""
    source = Dataset()
    source.ReferencedSOPClassUID = ds.get("SOPClassUID", "")
    source.ReferencedSOPInstanceUID = ds.get("SOPInstanceUID", "")
    purpose = codes.DCM.UncompressedPredecessor
    if ds.get("LossyImageCompression") == "01":
        purpose = codes.DCM.LossyCompressedPredecessor
    source.PurposeOfReferenceCodeSequence = [_code(purpose)]
    ds.SourceImageSequence = [source]
    ds.DerivationCodeSequence = [_code(codes.DCM.LossyCompression)]
    ds.LossyImageCompression = "01"  # once 01, for ever 01 (C.7.6.1.1.5)
    ds.LossyImageCompressionRatio = [*_many(ds, "LossyImageCompressionRatio"), f"{ratio:.2f}"]
    ds.LossyImageCompressionMethod = [*_many(ds, "LossyImageCompressionMethod"), method]
    kind = list(ds.get("ImageType") or ["ORIGINAL", "PRIMARY"])
    ds.ImageType = ["DERIVED", *kind[1:]]
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(prefix=None)


def _many(ds: Dataset, keyword: str) -> list[Any]:
    value = ds.get(keyword)
    if value in (None, ""):
        return []
    return [value] if isinstance(value, (str, float)) else list(value)


def _code(code: Any) -> Dataset:
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def _items(ds: Dataset) -> Iterator[Dataset]:
    """Give every item of every sequence, however deep."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield item
                yield from _items(item)


def _turn_words(ds: Dataset) -> None:
    """Turn the byte order of values that pydicom keeps as bytes (PS3.5 7.3)."""
    if int(ds.get("BitsAllocated", 0)) > 16:
        raise UsageError(
            f"pixels of {ds.BitsAllocated} bits are not turned to big endian or from it",
            remedy="Take a little endian transfer syntax; big endian is retired (PS3.5 A.3).",
        )
    for part in (ds, *_items(ds)):
        for element in part:
            size = _WORDS.get(element.VR, 0)
            value = element.value
            if size and isinstance(value, bytes) and len(value) % size == 0:
                element.value = np.frombuffer(value, f"<u{size}").byteswap().tobytes()
