"""Mend the header of an image that a careless converter compressed.

Other pixels, another image: PS3.3 C.7.6.1.1.5 and PS3.4 B.4.1.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000

from labkit.common import cite
from labkit.dicom import encoded, sample, transcode
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def mended(ds, ratio):
        ds.SOPInstanceUID = generate_uid()
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.ImageType = ["DERIVED", *ds.ImageType[1:]]
        ds.LossyImageCompression = "01"
        ds.LossyImageCompressionRatio = ratio
        ds.LossyImageCompressionMethod = "ISO_15444_1"
        return ds
"""

EXERCISE = Exercise(
    given="""
        from pydicom.uid import generate_uid
        from labkit.dicom import sample, transcode
    """,
    blank="""
        def mended(ds, ratio):
            ...  # set what a JPEG 2000 (lossy) image has to say of itself, and return ds
    """,
    answer="mended",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        An image whose pixels were changed is another image, derived from the first: it needs a
        SOP Instance UID of its own, and value 1 of Image Type is DERIVED (PS3.3 C.7.6.1.1.2). Lossy
        Image Compression (0028,2110) is 01 once and for ever, also when the image is decompressed
        later: what is lost does not come back (C.7.6.1.1.5). Ratio (0028,2112) and method
        (0028,2114) say how much, and by what: ISO_15444_1 is JPEG 2000. The UID stands twice, in
        the data set and in the file meta information (PS3.10 7.1).
    """,
    hints=(
        "Print transcode(ds, JPEG2000) of some image: labkit writes what you are to write here.",
        "Identity first: SOP Instance UID, in the data set and in file_meta, and Image Type. Then "
        "the three attributes that begin with LossyImageCompression.",
        'ds.LossyImageCompression = "01"; the method of JPEG 2000 is "ISO_15444_1"; the ratio is '
        "handed to you.",
    ),
    wrong=(
        Wrong(
            "same-uid",
            _REFERENCE.replace("ds.SOPInstanceUID = generate_uid()", "pass"),
            """It kept the SOP Instance UID of the original. Two images with different pixels and
            one UID: an archive keeps one of them, and nobody knows which.""",
        ),
        Wrong(
            "meta-forgotten",
            _REFERENCE.replace(
                "ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID", "pass"
            ),
            """The data set has a new UID and the file meta information has the old one
            (0002,0003). Tools that look only at the meta take the file for the original.""",
        ),
        Wrong(
            "still-original",
            _REFERENCE.replace('ds.ImageType = ["DERIVED", *ds.ImageType[1:]]', "pass"),
            """Image Type still says ORIGINAL. Its pixels were made from those of another image,
            so value 1 is DERIVED.""",
        ),
        Wrong(
            "flag-as-yes",
            _REFERENCE.replace('"01"', '"YES"'),
            """Lossy Image Compression is a code string with two values: 00 and 01.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.6.1.1.5"), cite("PS3.3", "C.7.6.1.1.2"))


def careless(slug: str) -> Dataset:
    """Return a lossy JPEG 2000 image with the header of its original."""
    ds = next(ds for ds in sample(slug).datasets() if "PixelData" in ds)
    version = transcode(ds, JPEG2000)
    made = Dataset()
    made.update({element.tag: element for element in ds})
    made.PixelData = version.PixelData
    made["PixelData"].is_undefined_length = True
    made.file_meta = version.file_meta
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def check(work: Work) -> Verdict:
    """Hand two careless images over, and read what their headers say afterwards."""
    for slug, ratio in (("ct-head-followup", 9.5), ("knee-ap", 12.25)):
        before = careless(slug)
        uid = str(before.SOPInstanceUID)
        untouched = before.to_json()
        got = work.call(before, ratio)
        if got is None and before.to_json() != untouched:
            return failed(
                expected="the data set, with its header mended",
                got=got,
                rule=RULE,
                why="You changed ds and did not return it: end with return ds.",
            )
        if got is None or got is ...:
            return blank()
        if not isinstance(got, Dataset):
            return failed(expected="the data set, with its header mended", got=got, rule=RULE)
        for expected, found, good, mistake in _points(got, uid, ratio):
            if not good:
                return failed(expected=expected, got=found, rule=RULE, mistake=mistake)
        encoded(got)
    return passed("A derived image with a UID of its own that says how it was compressed.",
                  rule=RULE)  # fmt: skip


def _points(ds: Dataset, uid: str, ratio: float) -> list[tuple[str, str, bool, str]]:
    own, meta = (
        str(ds.get("SOPInstanceUID", "")),
        str(ds.file_meta.get("MediaStorageSOPInstanceUID", "")),
    )
    kind = ds.get("ImageType") or [""]
    lossy = str(ds.get("LossyImageCompression", "absent"))
    said = str(ds.get("LossyImageCompressionRatio", "absent"))
    method = str(ds.get("LossyImageCompressionMethod", "absent"))
    return [
        ("a new SOP Instance UID", "that of the original", bool(own) and own != uid, "same-uid"),
        ("the same UID in (0002,0003)", "the old one", meta == own, "meta-forgotten"),
        ("Image Type DERIVED", str(kind[0]), kind[0] == "DERIVED", "still-original"),
        ("Lossy Image Compression 01", lossy, lossy == "01", "flag-as-yes"),
        (f"Lossy Image Compression Ratio {ratio}", said, _close(said, ratio), ""),
        ("Lossy Image Compression Method ISO_15444_1", method, method == "ISO_15444_1", ""),
    ]


def _close(said: str, ratio: float) -> bool:
    try:
        return abs(float(said) - ratio) < 0.01
    except ValueError:
        return False
