"""Give the old PACS an image that it can take, without losing a grey value.

LEGACY refuses JPEG-LS. The sender may transcode.
"""

import numpy as np
from pydicom.uid import CTImageStorage

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.dicom import sample, stored_values
from labkit.dimse import AssociationTrace, decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import traces

EXERCISE = Exercise(
    given="""
        from pydicom.uid import ExplicitVRLittleEndian, generate_uid
        from labkit.common.errors import NoPresentationContext
        from labkit.dicom import sample, transcode
        from labkit.dimse import store
    """,
    blank="""
        mark = lab.mark()
        ds = sample("ct-head").datasets("CT")[0]   # JPEG-LS Lossless

        # send it to lab.legacy so that it is there: the same image, every pixel
        ...
    """,
    reference="""
        mark = lab.mark()
        ds = sample("ct-head").datasets("CT")[0]   # JPEG-LS Lossless
        store(lab.legacy, transcode(ds, ExplicitVRLittleEndian))
    """,
    explanation="""
        The transfer syntax is agreed for each presentation context (PS3.8 9.3.2, 9.3.3). LEGACY
        knows CT Image Storage and none of the JPEG-LS syntaxes, so the result is 4. Every
        conformant storage application takes Implicit VR Little Endian (PS3.5 10.1), so an
        uncompressed version always has a way. Nothing was lost, so it is the same image and keeps
        its SOP Instance UID; a new one would have made a second image of the same slice.
    """,
    hints=(
        "Send it as it is first, and read the result: print(store(lab.legacy, ds)). Which result "
        "has the presentation context?",
        "An uncompressed transfer syntax is understood by everybody: transcode(ds, "
        "ExplicitVRLittleEndian).",
        "store(lab.legacy, transcode(ds, ExplicitVRLittleEndian)), and no new UID.",
    ),
    wrong=(
        Wrong(
            "sent-as-it-is",
            """
            mark = lab.mark()
            ds = sample("ct-head").datasets("CT")[0]
            try:
                store(lab.legacy, ds)
            except NoPresentationContext as error:
                print(error)
            """,
            """You sent it in JPEG-LS. LEGACY accepted the association and refused that
            presentation context with result 4, transfer syntaxes not supported.""",
        ),
        Wrong(
            "new-uid",
            """
            mark = lab.mark()
            ds = sample("ct-head").datasets("CT")[0]
            plain = transcode(ds, ExplicitVRLittleEndian)
            plain.SOPInstanceUID = generate_uid()
            plain.file_meta.MediaStorageSOPInstanceUID = plain.SOPInstanceUID
            store(lab.legacy, plain)
            """,
            """You gave it a new SOP Instance UID. Nothing was lost, so it is the same image: now
            there are two of one slice, and what refers to the first does not find the second.""",
        ),
        Wrong(
            "relabelled",
            """
            mark = lab.mark()
            ds = sample("ct-head").datasets("CT")[0]
            ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            store(lab.legacy, ds)
            """,
            """You changed the Transfer Syntax UID and left the bytes as they were. LEGACY took it,
            since it looks at the name alone, and whoever opens the image sees noise or nothing.
            Change both: transcode(ds, …) unpacks the pixels. Send it right, and LEGACY replaces
            what it has under this UID.""",
        ),
    ),
)

RULE = (cite("PS3.5", "10.1"), cite("PS3.8", "9.3.3.2"))


def check(work: Work) -> Verdict:
    """Look at what LEGACY holds of the study, and at what was proposed to it."""
    wanted = sample("ct-head").datasets("CT")[0]
    held = [ds for ds in work.lab.received("LEGACY")
            if ds.StudyInstanceUID == wanted.StudyInstanceUID]  # fmt: skip
    same = [ds for ds in held if ds.SOPInstanceUID == wanted.SOPInstanceUID]
    if not same:
        tried = traces(work, "LEGACY", caller="")
        if not held and not any(_proposed(trace) for trace in tried):
            return blank()
        return failed(
            expected=f"LEGACY holds SOP Instance UID {wanted.SOPInstanceUID}",
            got="another image of that slice" if held else "it holds nothing of that study",
            rule=RULE,
            mistake="new-uid" if held else "sent-as-it-is",
        )
    try:
        held_values = stored_values(same[0])
    except LabkitError:
        return failed(expected="an image whose bytes are what its transfer syntax says",
                      got="pixel data that nobody can decode", rule=RULE,
                      mistake="relabelled")  # fmt: skip
    if not np.array_equal(held_values, stored_values(wanted)):
        return failed(expected="every stored value as in the original",
                      got="pixels that differ", rule=RULE)  # fmt: skip
    return passed("LEGACY holds the same image, uncompressed, with the same UID and pixels.",
                  rule=RULE)  # fmt: skip


def _proposed(trace: AssociationTrace) -> bool:
    return any(c.abstract_syntax == CTImageStorage for c in decode_negotiation(trace).contexts)
