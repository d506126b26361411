"""Fetch the first and the last frame of a cine loop.

A thumbnail strip needs two of twenty frames. The object has 20, the network is slow.
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import parts_of, path_of, said, service

_REFERENCE = """
    two = requests.get(f"{loop}/frames/1,20", headers={
        "Accept": 'multipart/related; type="application/octet-stream"'
    })
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.dicomweb.url
        heart = lab.sample("us-heart").datasets()[0]
        loop = (f"{base}/studies/{heart.StudyInstanceUID}/series/{heart.SeriesInstanceUID}"
                f"/instances/{heart.SOPInstanceUID}")
    """,
    blank="""
        two = ...  # one request below loop: the first and the last of its frames, decoded
    """,
    answer="two",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        The list has commas, is in ascending order, and its first frame is 1 (PS3.18 10.1.1,
        10.4.1.1.6), as it is everywhere in DICOM outside of programs. Each frame is a part, in
        the order of the list. application/octet-stream without a transfer syntax is decoded
        pixels, rows by columns by samples; with transfer-syntax=* it would be the JPEG stream of
        each frame. A server that has a lossy stream and cannot decode it may send that in any case
        (8.7.3), so a careful program reads the Content-Type of the part.
    """,
    hints=(
        "How many frames there are is (0028,0008) Number of Frames in the metadata. It is 20.",
        "A list of frames is one path: /frames/ and the numbers with commas. The first is not "
        "number 0.",
        'f"{loop}/frames/1,20" with Accept multipart/related; type="application/octet-stream"',
    ),
    wrong=(
        Wrong(
            "from-zero",
            _REFERENCE.replace("1,20", "0,19"),
            """You counted from 0, as an index into an array does. Frames in DICOM are counted from
            1: with /frames/0 you get an error, with /frames/19 silently the wrong picture.""",
        ),
        Wrong(
            "only-one",
            _REFERENCE.replace("1,20", "1"),
            """You asked for the first frame alone. A list saves a round trip for each frame.""",
        ),
        Wrong(
            "a-range",
            _REFERENCE.replace("1,20", "1-20"),
            """You wrote a range. PS3.18 has lists of frame numbers and no ranges, and a range would
            have been all twenty.""",
        ),
        Wrong(
            "rendered",
            """
            two = requests.get(f"{loop}/frames/1,20/rendered", headers={"Accept": "image/jpeg"})
            """,
            """You asked for pictures. They are made for the eye, with a window and 8 bits; what the
            modality measured is in the frame itself.""",
        ),
        Wrong(
            "all-of-them",
            """
            two = requests.get(loop, headers={
                "Accept": 'multipart/related; type="application/dicom"'
            })
            """,
            """You fetched the object, with all twenty frames decoded, to use two of them.""",
        ),
    ),
)

RULE = (cite("PS3.18", "10.4.1.1.6"), cite("PS3.18", "10.1.1"))


def check(work: Work) -> Verdict:
    """Compare with the frames that the check fetches for itself, one by one."""
    answer: requests.Response = work.answer
    ds = work.lab.sample("us-heart").datasets()[0]
    place = str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)
    last = int(ds.NumberOfFrames)
    client = service(work).client()
    wanted = [client.frames(*place, [number])[0] for number in (1, last)]
    asked = path_of(answer).rpartition("/frames/")[2] if "/frames/" in path_of(answer) else ""
    parts = [content for _, content in parts_of(answer)]
    if parts == wanted:
        return passed("Two frames of twenty, decoded, in one answer.", rule=RULE)
    numbers = asked.split("/")[0].replace("%2C", ",").split(",")
    mistake = ""
    if asked.endswith("/rendered"):
        mistake = "rendered"
    elif not asked:
        mistake = "all-of-them" if f"/instances/{place[2]}" in path_of(answer) else ""
    elif "-" in asked:
        mistake = "a-range"
    elif "0" in numbers or numbers == ["19"]:
        mistake = "from-zero"
    elif len(numbers) == 1:
        mistake = "only-one"
    return failed(expected=f"frame 1 and frame {last}, {len(wanted[0])} bytes each",
                  got=f"{said(answer)}, {len(parts)} parts of {sorted(set(map(len, parts)))} bytes",
                  rule=RULE, mistake=mistake)  # fmt: skip
