"""Find the transfer syntax that makes an image smallest, and loses nothing.

Measured, not remembered.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.dicom import encoded, sample, transcode
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_GIVEN = """
    from pydicom.uid import (
        DeflatedExplicitVRLittleEndian, JPEG2000, JPEG2000Lossless, JPEGLSLossless,
        JPEGLSNearLossless, RLELossless,
    )
    from labkit.dicom import encoded, fidelity, transcode
    CANDIDATES = [
        DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEGLSNearLossless,
        JPEG2000Lossless, JPEG2000,
    ]
"""
_REFERENCE = """
    def smallest_lossless(ds):
        sizes = {}
        for syntax in CANDIDATES:
            version = transcode(ds, syntax)
            if fidelity(ds, version).identical:
                sizes[syntax] = len(encoded(version))
        return min(sizes, key=sizes.get)
"""

EXERCISE = Exercise(
    given=_GIVEN,
    blank="""
        def smallest_lossless(ds):
            ...  # one of CANDIDATES: its file is the smallest, and every pixel is what it was
    """,
    answer="smallest_lossless",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        There is no best codec, there is a best codec for an image. JPEG-LS wins on the noise of a
        CT, JPEG 2000 on smooth or sparse images such as a bone scan; RLE and deflate are simple and
        seldom smallest. Whether a syntax loses something is said by its definition (PS3.5 A.4), and
        proven by a comparison of the stored values. Size is that of the whole file: Deflated
        Explicit VR Little Endian (PS3.5 A.5) compresses the header as well, and its Pixel Data in
        memory is as long as ever.
    """,
    hints=(
        "A loop over CANDIDATES: transcode, measure, remember. min(sizes, key=sizes.get) is the "
        "smallest at the end.",
        "Two of the candidates lose something. fidelity(ds, version).identical tells them.",
        "len(encoded(version)) is the size of the file.",
    ),
    wrong=(
        Wrong(
            "lossy-too",
            """
            def smallest_lossless(ds):
                return min(CANDIDATES, key=lambda s: len(encoded(transcode(ds, s))))
            """,
            """The smallest of all is a lossy one: its pixels are not those of the image. Compare
            with fidelity() before a candidate counts.""",
        ),
        Wrong(
            "by-reputation",
            """
            def smallest_lossless(ds):
                return JPEG2000Lossless
            """,
            """JPEG 2000 by reputation. For this image another one is smaller: measure it.""",
        ),
        Wrong(
            "always-jpeg-ls",
            """
            def smallest_lossless(ds):
                return JPEGLSLossless
            """,
            """JPEG-LS is smallest for many a CT, and not for this image. Measure each image.""",
        ),
    ),
)

RULE = (cite("PS3.5", "A.4"), cite("PS3.5", "A.5"))
IMAGES = ("ct-head-followup", "knee-ap", "nm-bone")
LOSSLESS = (
    "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
)  # fmt: skip
LOSSY = ("1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91")


def check(work: Work) -> Verdict:
    """Call the function with images of three kinds, and measure them ourselves."""
    for slug in IMAGES:
        ds = next(ds for ds in sample(slug).datasets() if "PixelData" in ds)
        got = work.call(ds)
        if got is None or got is ...:
            return blank()
        sizes = {syntax: len(encoded(transcode(ds, syntax))) for syntax in LOSSLESS}
        right = min(sizes, key=sizes.__getitem__)
        if str(got) != right:
            said = {LOSSLESS[2]: "always-jpeg-ls", LOSSLESS[3]: "by-reputation"}
            mistake = "lossy-too" if str(got) in LOSSY else said.get(str(got), "")
            return failed(expected=f"{right} for {slug}, of {sizes[right]} bytes", got=str(got),
                          rule=RULE, mistake=mistake)  # fmt: skip
    return passed("Right for a CT, a radiograph and a bone scan.", rule=RULE)
