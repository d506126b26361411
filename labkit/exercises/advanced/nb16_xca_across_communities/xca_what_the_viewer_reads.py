"""Have the other side send what your viewer can read, in few bytes.

The line to Lakeside is thin, and the viewer reads Implicit VR Little Endian and JPEG-LS Lossless.
"""

from pydicom.uid import UID, ImplicitVRLittleEndian, JPEGLSLossless

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.images import Images, ImagingRequest
from labkit.exchange.soap.wire import ContentType, unpack
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN, said

_RIGHT = """
    images = north.imaging().retrieve(
        manifest, home=entry.homeCommunityId,
        transfer_syntaxes=[JPEGLSLossless, ImplicitVRLittleEndian])
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        # The line to Lakeside is thin. The viewer reads JPEG-LS Lossless and Implicit VR Little
        # Endian, and nothing else. Tell the source all that it reads: what cannot be compressed
        # has to come too. manifest and entry are those of the prior.

        images = ...  # what north.imaging().retrieve(…) gives
    """,
    answer="images",
    expects=Images,
    reference=_RIGHT,
    explanation="""
        The request lists the transfer syntaxes that the consumer can process; the source answers in
        one of them or with an error (RAD TF-2 4.69.4.2.3). As stored is best where it is listed;
        else this source takes the first that loses nothing, so the order of the list says what you
        prefer. Both that the viewer reads are in it: an object without pixels, a report, cannot be
        JPEG-LS, and comes in the other.
    """,
    hints=(
        "retrieve(…, transfer_syntaxes=[…]) goes into the TransferSyntaxUIDList of RAD-69.",
        "Only lossless ones, only those that the viewer reads, the small one first.",
        "transfer_syntaxes=[JPEGLSLossless, ImplicitVRLittleEndian]",
    ),
    wrong=(
        Wrong(
            "large-first",
            _RIGHT.replace("JPEGLSLossless, ImplicitVRLittleEndian",
                           "ImplicitVRLittleEndian, JPEGLSLossless"),
            """Implicit VR Little Endian stood first, and the image came uncompressed over the thin
            line.""",
        ),
        Wrong(
            "viewer-cannot",
            _RIGHT.replace("JPEGLSLossless, ImplicitVRLittleEndian", "ExplicitVRLittleEndian"),
            """You got the image in a transfer syntax that this viewer does not read.""",
        ),
        Wrong(
            "lossy",
            _RIGHT.replace("JPEGLSLossless, ImplicitVRLittleEndian", "JPEGBaseline8Bit"),
            """JPEG Baseline alone: the source would have to lose something, so it gives an error in
            place of the image.""",
        ),
        Wrong(
            "turned-here",
            """
            got = north.imaging().retrieve(manifest, home=entry.homeCommunityId)
            images = Images({
                uid: encoded(transcode(ds, JPEGLSLossless))
                for uid, ds in zip(got.files, got.datasets())})
            """,
            """You had it sent uncompressed and compressed it here: the line has carried it all.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE RAD TF-2", "4.69.4.2.3")
_READS = (str(JPEGLSLossless), str(ImplicitVRLittleEndian))


def check(work: Work) -> Verdict:
    """Look at the images, and at request and answer of the newest RAD-75."""
    images = work.answer
    if not images.files and not images.errors:
        return blank()
    wanted = {str(ds.SOPInstanceUID) for ds in sample("cr-chest-prior").datasets()}
    if not images.files and any("transfer syntax" in one.context for one in images.errors):
        return failed(expected="the image", got="an error: no listed transfer syntax will do",
                      rule=RULE, mistake="lossy")  # fmt: skip
    if set(images.files) != wanted:
        return failed(expected="the prior", got=f"{len(images.files)} other images", rule=RULE)
    came = {ds.file_meta.TransferSyntaxUID for ds in images.datasets()}
    names = ", ".join(sorted(one.name for one in came))
    if not came <= set(_READS):
        return failed(expected="JPEG-LS Lossless", got=names, rule=RULE, mistake="viewer-cannot")
    if came != {JPEGLSLossless}:
        return failed(expected="JPEG-LS Lossless", got=names, rule=RULE, mistake="large-first")
    answers, asked = said(work, "RAD-75"), said(work, "RAD-75", "request")
    if not answers or not all(d in answers[-1].exchanged.data for d in images.files.values()):
        return failed(expected="the image as it came from Lakeside", got="another encoding of it",
                      rule=RULE, mistake="turned-here")  # fmt: skip
    message = asked[-1].exchanged
    root, _ = unpack(ContentType(message.content_type), [message.data])
    listed = ImagingRequest.read(next(iter(root.iter("{*}RetrieveImagingDocumentSetRequest"))))
    if set(listed.transfer_syntaxes) != set(_READS):
        return failed(expected="both that the viewer reads, and no other",
                      got=", ".join(UID(uid).name for uid in listed.transfer_syntaxes), rule=RULE,
                      why="An object without pixels cannot be JPEG-LS: it would not come, or come "
                      "in what the viewer does not read.")  # fmt: skip
    return passed("JPEG-LS came over the line, and the viewer reads it.", rule=RULE)
