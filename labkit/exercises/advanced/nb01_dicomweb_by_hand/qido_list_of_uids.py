"""Ask for two studies by their UIDs, in one request.

A reading list has two Study Instance UIDs. A viewer wants their dates and descriptions at once.
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import (
    matches_of,
    query_of,
    said,
    uids,
)

_REFERENCE = """
    both = requests.get(f"{base}/studies?StudyInstanceUID={chest},{head}", headers=JSON)
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.dicomweb.url
        JSON = {"Accept": "application/dicom+json"}
        chest = lab.sample("ct-chest").study_uid
        head = lab.sample("ct-head").study_uid
    """,
    blank="""
        head = lab.sample("ct-head").study_uid
        both = ...  # one request: the studies chest and head, and no others
    """,
    answer="both",
    expects=requests.Response,
    reference='head = lab.sample("ct-head").study_uid\n' + _REFERENCE.strip(),
    explanation="""
        List of UID matching (PS3.4 C.2.2.2.2) is the one kind of matching where a key has several
        values. On the wire of DIMSE a backslash is between them; in a URL it is a comma (PS3.18
        8.3.4.1). It works for UIDs alone: no list of patients, no list of accession numbers.
    """,
    hints=(
        "The key is StudyInstanceUID, and it may occur once. PS3.18 8.3.4.1 says how several UIDs "
        "become one value.",
        "What is a backslash in C-FIND is a comma in QIDO-RS.",
        'f"{base}/studies?StudyInstanceUID={chest},{head}"',
    ),
    wrong=(
        Wrong(
            "the-key-twice",
            """
            head = lab.sample("ct-head").study_uid
            both = requests.get(
                f"{base}/studies?StudyInstanceUID={chest}&StudyInstanceUID={head}", headers=JSON
            )
            """,
            """You gave the key twice, as HTML forms do. Each attribute may occur once in the query
            (PS3.18 8.3.4.1): some servers refuse it, some take the last one without a word.""",
        ),
        Wrong(
            "backslash",
            """
            head = lab.sample("ct-head").study_uid
            both = requests.get(
                f"{base}/studies", params={"StudyInstanceUID": chest + chr(92) + head}, headers=JSON
            )
            """,
            """You joined the UIDs with a backslash, as in a C-FIND identifier. In a URL the list
            has commas. This server understands both; Orthanc finds nothing.""",
        ),
        Wrong(
            "one-of-them",
            """
            head = lab.sample("ct-head").study_uid
            both = requests.get(f"{base}/studies?StudyInstanceUID={chest}", headers=JSON)
            """,
            """You asked for one of the two. A second request would do, and a third for the third:
            a list of forty studies is then forty round trips.""",
        ),
        Wrong(
            "sieved-here",
            """
            head = lab.sample("ct-head").study_uid
            both = requests.get(f"{base}/studies", headers=JSON)
            """,
            """You asked for all studies, to pick the two out here. In a hospital that is a million
            studies, and the server cuts the answer off where it likes.""",
        ),
    ),
)

RULE = (cite("PS3.18", "8.3.4.1"), cite("PS3.4", "C.2.2.2.2"))


def check(work: Work) -> Verdict:
    """Look at what was asked, then at what came."""
    answer: requests.Response = work.answer
    wanted = {work.lab.sample(slug).study_uid for slug in ("ct-chest", "ct-head")}
    found = set(uids(matches_of(answer), "0020000D"))
    keys = query_of(answer)
    values = [v for name, v in keys if name.lower() in ("studyinstanceuid", "0020000d")]
    mistake = ""
    if len(values) > 1:
        mistake = "the-key-twice"
    elif any("\\" in value for value in values):
        mistake = "backslash"
    elif found == wanted:
        return passed("Two studies by name, in one round trip.", rule=RULE)
    elif found > wanted and not values:
        mistake = "sieved-here"
    elif len(found) == 1 and found < wanted:
        mistake = "one-of-them"
    return failed(
        expected="one request with both UIDs in one value, and two matches",
        got=f"{said(answer)}, {len(found)} studies",
        rule=RULE,
        mistake=mistake,
    )
