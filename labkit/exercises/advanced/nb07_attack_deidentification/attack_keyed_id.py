"""Give pseudonyms that cannot be guessed.

The same patient gets the same one next year, and nobody without the key can make it.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb07_attack_deidentification._made import KEYS

_RIGHT = """
    def pseudonym(patient_id, key):
        return hmac.new(key, patient_id.encode(), "sha256").hexdigest()[:16]
"""

EXERCISE = Exercise(
    given="import hashlib\nimport hmac\nimport secrets",
    blank="""
    def pseudonym(patient_id, key):
        ...  # a text of 8 to 64 characters; key is bytes that only the site has
    """,
    answer="pseudonym",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        HMAC (RFC 2104) mixes a secret in, so that a dictionary is of no use without it. It is the
        same every time, so that next year's follow-up joins this year's scan. Whoever holds the key
        can test a guess: that makes it pseudonymous and not anonymous (GDPR Article 4(5)), and the
        key is to be kept apart from the data.
    """,
    hints=(
        "What did the attack of the last exercise know that it must not know?",
        "Python has it: the module hmac. Both key and message are bytes.",
        'hmac.new(key, patient_id.encode(), "sha256").hexdigest()[:16]',
    ),
    wrong=(
        Wrong(
            "plain-hash",
            """
            def pseudonym(patient_id, key):
                return hashlib.sha256(patient_id.encode()).hexdigest()[:16]
            """,
            """You hashed without the key. Every hospital in the world makes the same pseudonym of
            the same ID, and whoever has a list of IDs has a list of pseudonyms.""",
        ),
        Wrong(
            "random-each-time",
            """
            def pseudonym(patient_id, key):
                return secrets.token_hex(8)
            """,
            """You drew lots each time. Nobody gets identity back, but nobody can join two studies
            of a patient either; the second delivery is useless to the researcher.""",
        ),
        Wrong(
            "too-short",
            """
            def pseudonym(patient_id, key):
                return "ANON" + hmac.new(key, patient_id.encode(), "sha256").hexdigest()[:4]
            """,
            """Four hexadecimal digits are 65536 pseudonyms for sixty thousand patients: many share
            one, and their studies become one patient's. Sixteen digits are enough for all.""",
        ),
        Wrong(
            "scrambled",
            """
            def pseudonym(patient_id, key):
                return patient_id[::-1] + key.hex()[:8]
            """,
            """You scrambled the ID, or wrote the key beside it. What can be put back by looking at
            it is no pseudonym, and a key that is written into each file is none.""",
        ),
        Wrong(
            "id-inside",
            """
            def pseudonym(patient_id, key):
                digest = hmac.new(key, patient_id.encode(), "sha256").hexdigest()
                return patient_id + "-" + digest[:8]
            """,
            """The ID itself is in the pseudonym. It helps in debugging, and that is how it gets
            into production.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.1.1"), cite("PS3.15", "E.1.2"))


def check(work: Work) -> Verdict:
    """Same again, another key, another patient; and is the ID in it?"""
    ids = ("P00731", "P51947")
    first = [work.call(one, KEYS[0]) for one in ids]
    if any(value in (None, ...) for value in first):
        return blank("It makes nothing yet.")
    if not all(isinstance(value, str) and 8 <= len(value) <= 64 for value in first):
        return failed(expected="a text of 8 to 64 characters", got=first[0], rule=RULE)
    again = [work.call(one, KEYS[0]) for one in ids]
    if again != first:
        return failed(expected="the same for the same patient", got="another one the second time",
                      rule=RULE, mistake="random-each-time")  # fmt: skip
    if any(one in value for one, value in zip(ids, first, strict=True)):
        return failed(expected="nothing of the ID", got=first[0], rule=RULE, mistake="id-inside")
    numbers = [one[1:] for one in ids]
    turned = all(n in v or n[::-1] in v for n, v in zip(numbers, first, strict=True))
    if turned or any(KEYS[0].hex()[at : at + 8] in value for value in first for at in range(56)):
        return failed(expected="nothing of the ID, and nothing of the key", got=first[0],
                      rule=RULE, mistake="scrambled")  # fmt: skip
    if work.call(ids[0], KEYS[1]) == first[0]:
        return failed(expected="another pseudonym under another key", got="the same", rule=RULE,
                      mistake="plain-hash")  # fmt: skip
    everybody = {work.call(f"P{number:05d}", KEYS[0]) for number in range(20_000)}
    if len(everybody) < 20_000:
        return failed(expected="20000 pseudonyms for 20000 patients", got=len(everybody),
                      rule=RULE, mistake="too-short")  # fmt: skip
    return passed("Stable under one key, unguessable without it.", rule=RULE)
