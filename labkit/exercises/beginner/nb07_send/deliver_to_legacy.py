"""Get a compressed study into an archive that does not know the compression.

The encoding may change on the way; the object may not (PS3.3 C.7.6.1.1.2).
"""

from pydicom import Dataset

from labkit.common import cite
from labkit.dimse import decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb07_send._sent import elsewhere, sent, stored, uids_of
from labkit.exercises.evidence import since, traces

EXERCISE = Exercise(
    given="""
        from labkit.dimse import store
        from pydicom import dcmread
    """,
    blank="""
        mark = lab.mark()
        images = lab.sample("mg-screening").datasets()

        ...  # Lakeside needs these four images: get them into LEGACY
    """,
    reference="""
        mark = lab.mark()
        images = lab.sample("mg-screening").datasets()

        for ds in images:
            ds.decompress(generate_instance_uid=False)
        store(lab.legacy, images)
    """,
    explanation="""
        decompress() decodes the pixel data, writes it back as it stood before the compression, and
        sets Transfer Syntax UID to Explicit VR Little Endian, which LEGACY takes. JPEG 2000 was
        lossless here, so every pixel value is what it was and the object is the same object: it
        keeps its UID. pydicom makes a new UID unless you forbid it, since it does not know whether
        you will go on to change the image; after lossy compression a new one is required (PS3.3
        C.7.6.1.1.5). DCMTK's dcmdjpeg does the same on the command line for JPEG. Its free version
        has no JPEG 2000; gdcmconv --raw (GDCM) does.
    """,
    hints=(
        "LEGACY does take mammograms: it refused the transfer syntax (result 4). So the same "
        "images have to come in another encoding.",
        "pydicom's Dataset.decompress() turns an image into Explicit VR Little Endian, in place. "
        "Look at its parameters: help(images[0].decompress).",
        "For each ds in images: ds.decompress(generate_instance_uid=False). Then "
        "store(lab.legacy, images).",
    ),
    wrong=(
        Wrong(
            "sent-as-it-is",
            """
            mark = lab.mark()
            images = lab.sample("mg-screening").datasets()
            try:
                store(lab.legacy, images)
            except Exception as error:
                print(error)
            """,
            """You proposed JPEG 2000 only, and LEGACY refused it again. Nothing on LEGACY's side
            will change; the encoding at your side has to.""",
        ),
        Wrong(
            "new-uids",
            """
            mark = lab.mark()
            images = lab.sample("mg-screening").datasets()
            for ds in images:
                ds.decompress()
            store(lab.legacy, images)
            """,
            """The images are in LEGACY, under new SOP Instance UIDs. pydicom's decompress() makes
            new ones unless it is told not to. The pixels are the same, and yet every report, key
            image and measurement that refers to the old UIDs will not find them there.""",
        ),
        Wrong(
            "renamed-syntax",
            """
            mark = lab.mark()
            from pydicom.uid import ExplicitVRLittleEndian
            images = lab.sample("mg-screening").datasets()
            for ds in images:
                ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
                ds["PixelData"].is_undefined_length = False
            store(lab.legacy, images)
            """,
            """You changed the name of the transfer syntax and left the pixel data compressed.
            LEGACY believed you and stored it; whoever opens it will take JPEG 2000 bytes for grey
            values. The label has to follow the bytes. Do lab.reset() before you try again: these
            UIDs are now taken by broken objects.""",
        ),
        Wrong(
            "one-view",
            """
            mark = lab.mark()
            ds = lab.sample("mg-screening").datasets()[0]
            ds.decompress(generate_instance_uid=False)
            store(lab.legacy, ds)
            """,
            """Some views are there, and some are not. Each of the four images has to be decoded and
            sent.""",
        ),
    ),
)

RULES = (cite("PS3.8", "9.3.3.2"), cite("PS3.3", "C.7.6.1.1.2"))


def check(work: Work) -> Verdict:
    """Look at what LEGACY acknowledged since the mark, and at the objects that it now holds."""
    study = work.lab.sample("mg-screening")
    wanted = uids_of(study)
    there = stored(work, "LEGACY") & wanted
    held = {str(ds.SOPInstanceUID): ds for ds in work.lab.received("LEGACY")}
    expected = "LEGACY holds the four images, under their own UIDs, in a transfer syntax it takes"
    broken = [uid for uid in there if uid in held and not _whole(held[uid])]
    if broken:
        got = "pixel data that has not the length that Rows and Columns ask for"
        rule = cite("PS3.5", "8.2")
        return failed(expected=expected, got=got, rule=rule, mistake="renamed-syntax")
    if there == wanted:
        return passed("LEGACY holds the four images, whole and under their own UIDs.", rule=RULES)
    if there:
        got = f"{len(there)} of {len(wanted)}"
        return failed(expected=expected, got=got, rule=RULES, mistake="one-view")
    new = work.lab.received("LEGACY", since=since(work))
    if any(ds.StudyInstanceUID == study.study_uid for ds in new):
        got = "images of the study under new SOP Instance UIDs"
        return failed(expected=expected, got=got, rule=RULES, mistake="new-uids")
    return _none_there(work, expected)


def _none_there(work: Work, expected: str) -> Verdict:
    answers = list(sent(work, "LEGACY").values())
    if answers:
        got = f"a C-STORE that LEGACY answered with {answers[-1]}"
        return failed(
            expected=expected,
            got=got,
            rule=RULES,
            why="If the UID is taken by an earlier try, do lab.reset() first.",
        )
    found = [c for t in traces(work, "LEGACY", caller="") for c in decode_negotiation(t).contexts]
    if any(context.result == 4 for context in found):
        got = "a presentation context with result 4: transfer syntaxes not supported"
        return failed(expected=expected, got=got, rule=RULES, mistake="sent-as-it-is")
    if name := elsewhere(work, "LEGACY"):
        got = f"a C-STORE to {name}, and none to LEGACY"
        return failed(expected=expected, got=got, rule=RULES)
    return blank()


def _whole(ds: Dataset) -> bool:
    """Whether an image without compression has as many bytes as it must have."""
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        return True
    bits = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated
    return bool(len(ds.PixelData) >= bits * int(ds.get("NumberOfFrames") or 1) // 8)
