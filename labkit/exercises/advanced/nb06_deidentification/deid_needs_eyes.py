"""Which images must somebody look at?

No attribute cleans a pixel. Say of each study whether text may be burned in, or a face be seen.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

SLUGS = ("ct-chest", "ct-head", "mr-brain", "us-heart", "us-thyroid", "xa-coronary", "dx-chest")
_RIGHT = """
    looked = {
        "ct-chest": "",
        "ct-head": "face",
        "mr-brain": "face",
        "us-heart": "text",
        "us-thyroid": "text",
        "xa-coronary": "text",
        "dx-chest": "",
    }
"""

EXERCISE = Exercise(
    blank="""
    # for each: "" may go, "text" burned-in text is possible, "face" a face can be rendered
    looked = {
        "ct-chest": ...,
        "ct-head": ...,
        "mr-brain": ...,
        "us-heart": ...,
        "us-thyroid": ...,
        "xa-coronary": ...,
        "dx-chest": ...,
    }
    """,
    answer="looked",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        Reconstructed slices carry no text of the device, but those of a head give a face when they
        are rendered, by which people were found among photographs. Ultrasound and angiography
        draw on the picture. That (0028,0301) is NO, or not there, is somebody's word or
        none: Type 3 in most IODs. In DX and MG it is Type 1, so somebody had to say. What nobody
        can say is held until a person, or a tool whose finding a person trusts, has looked.
    """,
    hints=(
        "Show the first image of each: lab.sample('us-heart').datasets()[0], with ImageViewer.",
        "In which of these IODs is Burned In Annotation Type 1? And what does a surface rendering "
        "of 40 slices of a head look like?",
        "Two heads, three that draw on the picture, two that may go.",
    ),
    wrong=(
        Wrong(
            "trusted-the-flag",
            _RIGHT.replace('"us-thyroid": "text"', '"us-thyroid": ""').replace(
                '"xa-coronary": "text"', '"xa-coronary": ""'),
            """You let an image go because (0028,0301) is not YES. Where it is absent nobody has
            said anything, and ultrasound and angiography write on the picture.""",
        ),
        Wrong(
            "no-face-in-slices",
            _RIGHT.replace('"face"', '""'),
            """A slice shows no face; forty slices do. Skin against air is one threshold.""",
        ),
        Wrong(
            "every-ct-has-a-face",
            _RIGHT.replace('"ct-chest": ""', '"ct-chest": "face"'),
            """A chest has no face. If everything is held, people wave everything through.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.3.1"), cite("PS3.15", "E.3.2"), cite("PS3.3", "C.8.11.3"))
WANTED = {"ct-chest": "", "ct-head": "face", "mr-brain": "face", "us-heart": "text",
          "us-thyroid": "text", "xa-coronary": "text", "dx-chest": ""}  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare with what the header lets us know."""
    looked = work.answer
    if all(looked.get(slug, ...) is ... for slug in SLUGS):
        return blank()
    for slug in SLUGS:
        got, wanted = looked.get(slug, ...), WANTED[slug]
        if got == wanted:
            continue
        mistake = ""
        if wanted == "face" and got == "":
            mistake = "no-face-in-slices"
        elif wanted == "text" and got == "":
            mistake = "trusted-the-flag"
        elif slug == "ct-chest" and got == "face":
            mistake = "every-ct-has-a-face"
        return failed(expected=f"{wanted!r} for {slug}", got=got, rule=RULE, mistake=mistake)
    return passed("Two may go, five wait for a person or a cleaner of pixels.", rule=RULE)
