"""Façade 2: turn a match of a C-FIND into an answer of QIDO-RS.

What belongs to the question goes, and where to retrieve it comes.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.dicom import sample
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import ANSWER, IMPORTS

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def answer_of(match, base):
            ...  # the match as DICOM JSON, a dict, with its Retrieve URL (0008,1190)

        # to_json(ds) writes a data set as DICOM JSON; base is like "http://facade/dicom-web"
    """,
    answer="answer_of",
    expects=Callable,  # type: ignore[arg-type]
    reference=ANSWER,
    explanation="""
        Query/Retrieve Level (0008,0052) and Retrieve AE Title (0008,0054) belong to the DIMSE
        question (PS3.4 C.4.1.1.3); a web client can do nothing with an AE title. What it needs is
        Retrieve URL (0008,1190), of the level that was asked: the study's for a study, the
        instance's for an instance (PS3.18 Tables 10.6.3-3 to 10.6.3-5). Tags are eight upper-case
        digits in ascending order, an empty element has only its VR, and a name has groups (PS3.18
        F.2).
    """,
    hints=(
        "Print to_json(match) of a match of LEGACY. What in it is about the question, not the "
        "study?",
        "Take out 00080052 and 00080054. Then build the URL from the UIDs that the match has.",
        'json["00081190"] = {"vr": "UR", "Value": [url]}, url being base + /studies/… + /series/… '
        "+ /instances/… as far as the match goes; then sort by tag.",
    ),
    wrong=(
        Wrong(
            "level-left-in",
            ANSWER.replace("json.pop(tag, None)", "pass"),
            """You left Query/Retrieve Level or Retrieve AE Title in. They are of the DIMSE
            question, and show the world a title of the network behind you.""",
        ),
        Wrong(
            "no-url",
            ANSWER.replace('json["00081190"] = {"vr": "UR", "Value": [url]}', "pass"),
            """You left out Retrieve URL (0008,1190). A viewer takes it to fetch what it found.""",
        ),
        Wrong(
            "url-of-the-study",
            ANSWER.replace("if match.get(key):", 'if match.get(key) and name == "studies":'),
            """You gave the study's URL at each level. Who follows the link of one image gets the
            whole study, and an old PACS has to send it.""",
        ),
        Wrong(
            "keywords",
            """
            def answer_of(match, base):
                json = {e.keyword: str(e.value) for e in match}
                json.pop("QueryRetrieveLevel", None)
                json["RetrieveURL"] = f"{base}/studies/{match.StudyInstanceUID}"
                return json
            """,
            """You wrote keywords and text. DICOM JSON names an element by its tag and says its VR,
            so that a client can read what it has no dictionary for.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "10.6.3"), cite("PS3.18", "F.2"))
BASE = "http://facade.example/dicom-web"


def check(work: Work) -> Verdict:
    """Have it write matches of three levels that LEGACY gives."""
    knee = sample("knee-ap").datasets()[0]
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    study, series, image = (str(knee[name].value) for name in names)
    above = f"{BASE}/studies/{study}"
    asked = (
        (identifier("STUDY", StudyInstanceUID=study, PatientName="", StudyID=""), above),
        (identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=series, Modality=""),
         f"{above}/series/{series}"),
        (identifier("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series,
                    SOPInstanceUID=image), f"{above}/series/{series}/instances/{image}"),
    )  # fmt: skip
    for keys, url in asked:
        (match,) = find(work.lab.legacy, keys)
        match.RetrieveAETitle = "LEGACY"
        got = work.call(match, BASE)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, dict) or "0020000D" not in got:
            mistake = "keywords" if isinstance(got, dict) and "StudyInstanceUID" in got else ""
            return failed(expected="a dict whose names are tags: 0020000D …", got=got, rule=RULE,
                          mistake=mistake)  # fmt: skip
        if "00080052" in got or "00080054" in got:
            return failed(expected="nothing of the question: no 00080052, no 00080054",
                          got=", ".join(t for t in ("00080052", "00080054") if t in got),
                          rule=RULE, mistake="level-left-in")  # fmt: skip
        said = got.get("00081190", {})
        if said.get("Value") != [url]:
            of_study = said.get("Value") == [above]
            mistake = "url-of-the-study" if of_study else "" if said else "no-url"
            return failed(expected=f"00081190 of the {keys.QueryRetrieveLevel} itself", rule=RULE,
                          got=str(said.get("Value", "none")), mistake=mistake)  # fmt: skip
        if said.get("vr") != "UR" or list(got) != sorted(got):
            return failed(expected="vr UR, and tags in ascending order", got=list(got), rule=RULE)
        if "00100010" in got and got["00100010"].get("Value") != [
            {"Alphabetic": "Larkwhistle^Barnaby"}
        ]:
            return failed(expected="a name in groups, {'Alphabetic': …}", got=got["00100010"],
                          rule=RULE)  # fmt: skip
    return passed("Three levels of one study, each with its own URL.", rule=RULE)
