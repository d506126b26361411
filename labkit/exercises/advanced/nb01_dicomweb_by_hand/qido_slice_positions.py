"""Have the position of every slice, without one header and without one pixel.

A viewer wants to sort the slices by where they are before it downloads any of them.
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import (
    first,
    matches_of,
    path_of,
    query_of,
    said,
)

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.dicomweb.url
        JSON = {"Accept": "application/dicom+json"}
        chest = lab.sample("ct-chest").study_uid
        series = requests.get(f"{base}/studies/{chest}/series?Modality=CT", headers=JSON).json()
        ct = series[0]["0020000E"]["Value"][0]
    """,
    blank="""
        places = ...  # one search: a match for each slice of the series ct, with its position
    """,
    answer="places",
    expects=requests.Response,
    reference="""
        places = requests.get(
            f"{base}/studies/{chest}/series/{ct}/instances?includefield=ImagePositionPatient",
            headers=JSON,
        )
    """,
    explanation="""
        includefield is the return key of QIDO-RS: in C-FIND it would be (0020,0032) with an empty
        value (PS3.18 8.3.4.3). A search gives the attributes of Table 10.6.3-5 for an instance, and
        those that you name. Ask at the level that has the attribute: position belongs to an image,
        so at the study level it is not returned, whatever you include (PS3.18 10.6.3.3).
    """,
    hints=(
        "Position (0020,0032) Image Position (Patient) belongs to an instance. Which of the three "
        "searches gives instances?",
        "The attribute is not among those that come by themselves. A parameter of the query asks "
        "for more: PS3.18 8.3.4.3.",
        'f"{base}/studies/{chest}/series/{ct}/instances?includefield=ImagePositionPatient"',
    ),
    wrong=(
        Wrong(
            "not-included",
            """
            places = requests.get(f"{base}/studies/{chest}/series/{ct}/instances", headers=JSON)
            """,
            """You asked for the instances and took what comes by itself. Image Position (Patient)
            is not in Table 10.6.3-5; a server need not send it unless you include it.""",
        ),
        Wrong(
            "at-the-study-level",
            """
            places = requests.get(
                f"{base}/studies?StudyInstanceUID={chest}&includefield=ImagePositionPatient",
                headers=JSON,
            )
            """,
            """You included it in a search for studies. A match is a study there, and a study has no
            position: attributes of a lower level are not returned.""",
        ),
        Wrong(
            "whole-metadata",
            """
            places = requests.get(
                f"{base}/studies/{chest}/series/{ct}/metadata", headers=JSON
            )
            """,
            """You fetched the metadata: every attribute of every slice, to use one. It is right,
            and many times as many bytes; the server had to open every file.""",
        ),
        Wrong(
            "as-a-key",
            """
            places = requests.get(
                f"{base}/studies/{chest}/series/{ct}/instances?ImagePositionPatient=", headers=JSON
            )
            """,
            """You wrote it as a matching key without a value. That is how C-FIND asks for an
            attribute; in a URL there is a parameter for it. Some servers understand yours.""",
        ),
    ),
)

RULE = (cite("PS3.18", "8.3.4.3"), cite("PS3.18", "10.6.3.3"))
POSITION = "00200032"


def check(work: Work) -> Verdict:
    """Compare each position with the object that the stories have."""
    answer: requests.Response = work.answer
    truth = {
        str(ds.SOPInstanceUID): float(ds.ImagePositionPatient[2])
        for ds in work.lab.sample("ct-chest").datasets("CT")
    }
    path, keys = path_of(answer), query_of(answer)
    included = [v for name, v in keys if name.lower() == "includefield"]
    matches = matches_of(answer)
    with_it = [m for m in matches if first(m, POSITION) is not None]
    mistake = ""
    if path.endswith("/metadata"):
        mistake = "whole-metadata"
    elif any(name.lower() in ("imagepositionpatient", POSITION) for name, _ in keys):
        mistake = "as-a-key"
    elif path.rstrip("/").endswith(("/studies", "/series")):
        mistake = "at-the-study-level"
    elif not included:
        mistake = "not-included"
    else:
        got = {str(first(m, "00080018")): float(m[POSITION]["Value"][2]) for m in with_it}
        if got == truth:
            return passed(f"{len(got)} positions in one answer, no object fetched.", rule=RULE)
    return failed(
        expected=f"{len(truth)} instances, each with (0020,0032), from one search",
        got=f"{said(answer)}: {len(matches)} matches, {len(with_it)} with a position",
        rule=RULE,
        mistake=mistake,
    )
