"""New UIDs that still fit together.

A report refers to an image by its UID. Both are de-identified, perhaps on different days.
"""

from collections.abc import Callable
from warnings import catch_warnings, simplefilter

from pydicom.uid import UID

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb07_attack_deidentification._made import KEYS

_RIGHT = """
    def new_uid(uid, key):
        digest = hmac.new(key, b"uid" + uid.encode(), "sha256").digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"
"""

EXERCISE = Exercise(
    given="import hashlib\nimport hmac\nfrom pydicom.uid import generate_uid",
    blank="""
    def new_uid(uid, key):
        ...  # what stands for this UID from now on: at most 64 characters of digits and dots
    """,
    answer="new_uid",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A UID is a name of the patient's study in every PACS that has it: with the old one, anybody
        who may query asks whose it is. References have to hold (PS3.15 E.1.1), so the new one
        follows from the old; and not by a recipe without a secret, or the PACS's own list of UIDs
        is a dictionary. 2.25. and a number of 128 bits needs no root of your own (PS3.5 B.2, which
        means a UUID: who is strict sets its version bits, and no receiver known to us looks).
    """,
    hints=(
        "Random breaks references, a plain hash can be tried out. What is left?",
        "HMAC again; make a whole number of 16 bytes of it.",
        "f\"2.25.{int.from_bytes(digest[:16], 'big')}\" is valid: 2.25. and at most 39 digits.",
    ),
    wrong=(
        Wrong(
            "random",
            """
            def new_uid(uid, key):
                return generate_uid()
            """,
            """You made a new UID each time. The report now refers to an image that does not exist,
            and slices of one series are in as many series.""",
        ),
        Wrong(
            "whole-digest",
            """
            def new_uid(uid, key):
                digest = hmac.new(key, uid.encode(), "sha256").digest()
                return f"2.25.{int.from_bytes(digest, 'big')}"
            """,
            """You took all 32 bytes: 78 digits. A UID has at most 64 characters (PS3.5 9.1), and
            what stands behind 2.25. is a number of 128 bits (PS3.5 B.2): 16 bytes.""",
        ),
        Wrong(
            "known-recipe",
            """
            def new_uid(uid, key):
                return generate_uid(entropy_srcs=[uid])
            """,
            """The new UID follows from the old one alone, by pydicom's recipe or by a seed. It is a
            hash: the attack hashed-uids applies it to every UID of the PACS and finds yours.""",
        ),
        Wrong(
            "old-root",
            """
            def new_uid(uid, key):
                number = int.from_bytes(hmac.new(key, uid.encode(), "sha256").digest()[:8], "big")
                return f"{uid.rpartition('.')[0]}.{number}"[:64]
            """,
            """You kept the beginning. In it are the maker's root, the serial number of the device
            and the time of the examination: the attack uid-serial reads them.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.1.1"), cite("PS3.5", "9.1"), cite("PS3.5", "B.2"))
_UIDS = tuple(f"1.3.12.2.1107.5.1.4.88231507.30000019111714382719{n:04d}" for n in range(20))


def check(work: Work) -> Verdict:
    """Valid, the same again, unlike the old, secret."""
    got = [work.call(uid, KEYS[0]) for uid in _UIDS]
    if any(value in (None, ...) for value in got):
        return blank("It makes nothing yet.")
    made = [str(value) for value in got]
    if [str(work.call(uid, KEYS[0])) for uid in _UIDS] != made:
        return failed(expected="the same for the same UID", got="another the second time",
                      rule=RULE, mistake="random")  # fmt: skip
    with catch_warnings():
        simplefilter("ignore")
        bad = next((uid for uid in made if not UID(uid).is_valid or len(uid) > 64), "")
    if bad:
        number = bad.startswith("2.25.") and bad[5:].isdigit()
        return failed(expected="a valid UID: digits and dots, 64 characters at most", got=bad,
                      rule=RULE, mistake="whole-digest" if number else "")  # fmt: skip
    if any("88231507" in uid or uid.startswith("1.3.12.2.1107.") for uid in made):
        return failed(expected="nothing of the old UID", got=made[0], rule=RULE,
                      mistake="old-root")  # fmt: skip
    if [str(work.call(uid, KEYS[1])) for uid in _UIDS] == made:
        return failed(expected="another UID under another key", got="the same", rule=RULE,
                      mistake="known-recipe")  # fmt: skip
    if len(set(made)) < len(_UIDS):
        return failed(expected="one for each UID", got="the same for two", rule=RULE)
    return passed("Valid, stable, and nobody's dictionary has them.", rule=RULE)
