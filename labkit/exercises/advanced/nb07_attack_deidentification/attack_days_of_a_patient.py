"""How many days for whom?

Intervals within a patient have to stay true; nobody may learn the days of another.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb07_attack_deidentification._made import KEYS

_RIGHT = """
    def days(patient_id, study_uid, key):
        digest = hmac.new(key, b"days" + patient_id.encode(), "sha256").digest()
        return 1 + int.from_bytes(digest[:4], "big") % 365
"""

EXERCISE = Exercise(
    given="import hmac\nimport random",
    blank="""
    def days(patient_id, study_uid, key):
        ...  # by how many days a date of this study is moved back: 1 to 365
    """,
    answer="days",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        From key and patient: the same for all studies of a patient, so that a tumour grows in the
        days it took, and another for every patient, so that knowing one tells nothing of the rest.
        The word "days" in front keeps this number apart from pseudonyms that are made with the same
        key. Nought days would be no move at all.
    """,
    hints=(
        "Which of the three arguments may it depend on? Think of the tumour that grows.",
        "HMAC with the key, of the patient; make a number of its first bytes.",
        'int.from_bytes(hmac.new(key, patient_id.encode(), "sha256").digest()[:4], "big") % 365, '
        "plus 1.",
    ),
    wrong=(
        Wrong(
            "same-for-all",
            """
            def days(patient_id, study_uid, key):
                digest = hmac.new(key, b"days", "sha256").digest()
                return 1 + int.from_bytes(digest[:4], "big") % 365
            """,
            """You move everybody by the same days. The attack date-shift takes one known date, and
            has all.""",
        ),
        Wrong(
            "by-study",
            _RIGHT.replace("patient_id.encode()", "study_uid.encode()"),
            """Each study moves by days of its own. Intervals between a patient's studies are
            nonsense then, and may be negative: the follow-up comes before the first scan.""",
        ),
        Wrong(
            "hash-of-python",
            """
            def days(patient_id, study_uid, key):
                return hash((patient_id, key)) % 365 + 1
            """,
            """hash() of Python is salted anew in each process (PYTHONHASHSEED): the follow-up that
            goes out next month moves by other days. It is no hash of cryptography either.""",
        ),
        Wrong(
            "may-be-nought",
            _RIGHT.replace("1 + int", "int").replace("% 365", "% 366"),
            """One patient in 366 is moved by no day at all: the true dates go out, and nobody
            notices.""",
        ),
        Wrong(
            "without-key",
            """
            def days(patient_id, study_uid, key):
                return random.Random(patient_id).randrange(1, 366)
            """,
            """It depends on the patient alone. Whoever guesses the Patient ID has the days; a seed
            is no secret.""",
        ),
    ),
)

RULE = cite("PS3.15", "E.3.6")
_PATIENTS = tuple(f"P{n:05d}" for n in range(4000))


def check(work: Work) -> Verdict:
    """Two studies of each patient, many patients, two keys."""
    got = [work.call(one, "2.25.1", KEYS[0]) for one in _PATIENTS]
    if any(value in (None, ...) for value in got):
        return blank("It gives no days yet.")
    if "hash" in getattr(getattr(work.answer, "__code__", None), "co_names", ()):
        return failed(expected="the same days in the next delivery", got="hash() of Python",
                      rule=RULE, mistake="hash-of-python")  # fmt: skip
    if not all(isinstance(value, int) and 1 <= value <= 365 for value in got):
        bad = next(v for v in got if not (isinstance(v, int) and 1 <= v <= 365))
        return failed(expected="whole days, 1 to 365", got=bad, rule=RULE,
                      mistake="may-be-nought" if bad == 0 else "")  # fmt: skip
    other = [work.call(one, "2.25.2", KEYS[0]) for one in _PATIENTS]
    if other != got:
        return failed(expected="the same days for all studies of a patient",
                      got="other days for a second one", rule=RULE, mistake="by-study")  # fmt: skip
    if len(set(got)) == 1:
        return failed(expected="other days for other patients", got=f"{got[0]} for all", rule=RULE,
                      mistake="same-for-all")  # fmt: skip
    if len(set(got)) < 300:
        return failed(expected="days spread over a year, for 4000 patients",
                      got=f"{len(set(got))} different ones, {min(got)} to {max(got)}",
                      rule=RULE)  # fmt: skip
    if [work.call(one, "2.25.1", KEYS[1]) for one in _PATIENTS] == got:
        return failed(expected="other days under another key", got="the same", rule=RULE,
                      mistake="without-key")  # fmt: skip
    return passed("True intervals, and one known date tells one patient's.", rule=RULE)
