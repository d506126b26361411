"""Tell a ward how far its examinations are.

A ward calls about three orders. Each is ordered, imaged, or reported: the systems know.
"""

from labkit.common import cite
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier, worklist
        numbers = ["NG2600101", "NG2600127", "NG2600142"]
    """,
    blank="""
        state = {number: ... for number in numbers}  # "ordered", "imaged" or "reported"
    """,
    answer="state",
    expects=dict,
    reference="""
        state = {}
        for number in numbers:
            keys = identifier("STUDY", AccessionNumber=number, ModalitiesInStudy="")
            studies = [s for s in find(lab.archive, keys) if s.AccessionNumber == number]
            if not studies:
                state[number] = "ordered"
            elif any("SR" in study.ModalitiesInStudy for study in studies):
                state[number] = "reported"
            else:
                state[number] = "imaged"
    """,
    explanation="""
        No study under the number: nothing has been done, or nothing has arrived. A study without a
        report: imaged. A study with a series of modality SR: its report lies beside the images.
        Other hospitals keep reports in the RIS or in the record only; then the archive cannot
        answer the third question, and a FHIR server may. Modalities in Study (0008,0061) is worked
        out by the archive; no stored image has it. Comparing the number that came back is no
        paranoia: a study whose accession number is empty matches every number asked for (PS3.4
        C.2.2.1.2).
    """,
    hints=(
        "Ask the archive for each number. What does it mean if there is no match?",
        'Ask for ModalitiesInStudy as well: identifier("STUDY", AccessionNumber=number, '
        'ModalitiesInStudy="").',
        "A report lies in the study as a series of modality SR. No match: ordered. A match "
        "without SR: imaged.",
    ),
    wrong=(
        Wrong(
            "any-study-is-reported",
            """
            state = {}
            for number in numbers:
                studies = find(lab.archive, identifier("STUDY", AccessionNumber=number))
                state[number] = "reported" if studies else "ordered"
            """,
            """You took every study in the archive as reported. Images are there as soon as the
            scanner sends them; a doctor has to read them first. Look for a series of modality
            SR.""",
        ),
        Wrong(
            "any-study-is-imaged",
            """
            state = {}
            for number in numbers:
                studies = find(lab.archive, identifier("STUDY", AccessionNumber=number))
                state[number] = "imaged" if studies else "ordered"
            """,
            """One of these studies has its report beside the images, in a series of modality
            SR. The ward would wait for a report that is there.""",
        ),
        Wrong(
            "guessed",
            """
            state = dict.fromkeys(numbers, "reported")
            """,
            """One of these has no images yet: the archive has no study under its number. (Did
            a match come back with an empty number? It is unknown, and unknown matches all.)""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "C.6.2.1.2")
NUMBERS = ("NG2600101", "NG2600127", "NG2600142")


def check(work: Work) -> Verdict:
    """Compare number by number, and see that the archive was asked."""
    answer = {str(k).strip(): str(v).strip().lower() for k, v in work.answer.items()}
    expected = "one of ordered, imaged, reported for each of the three numbers"
    right = {number: _state(work, number) for number in NUMBERS}
    if set(answer) != set(right):
        return failed(expected=expected, got=work.answer, rule=RULE)
    words = sorted(set(answer.values()) - {"ordered", "imaged", "reported"})
    if words:
        return failed(expected=expected, got=f"the word {', '.join(words)}", rule=RULE)
    off = [number for number in NUMBERS if answer[number] != right[number]]
    if off:
        mistake = ""
        if "NG2600142" in off and right["NG2600142"] == "ordered":
            mistake = "guessed"
        elif off == ["NG2600127"] and answer["NG2600127"] == "reported":
            mistake = "any-study-is-reported"
        elif off == ["NG2600101"] and answer["NG2600101"] == "imaged":
            mistake = "any-study-is-imaged"
        got = ", ".join(f"{number} {answer[number]}" for number in off)
        return failed(expected="what the archive has of each", got=got, rule=RULE, mistake=mistake)
    if not exchanges(work, "ARCHIVE", "C-FIND"):
        return failed(expected="the archive was asked", got="no query came in", rule=RULE)
    said = ", ".join(f"{number} {right[number]}" for number in NUMBERS)
    return passed(f"{said}: the ward knows where it stands.", rule=RULE)


def _state(work: Work, number: str) -> str:
    """Ask as the workstation, so that the query does not count as the learner's."""
    keys = identifier("STUDY", AccessionNumber=number, ModalitiesInStudy="")
    found = find(work.lab.archive, keys, ae_title="WORKSTN")
    studies = [study for study in found if study.AccessionNumber == number]
    if not studies:
        return "ordered"
    reported = any("SR" in study.ModalitiesInStudy for study in studies)
    return "reported" if reported else "imaged"
