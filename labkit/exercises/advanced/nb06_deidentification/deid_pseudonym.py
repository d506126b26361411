"""A pseudonym that a dictionary does not open.

The attacker has your code, and a list of all Patient IDs there can be. Not your key.
"""

import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    import hmac

    def pseudonym(patient_id, key):
        digest = hmac.digest(key, patient_id.strip().encode(), "sha256")
        return "TRIAL-" + digest.hex()[:24].upper()
"""

EXERCISE = Exercise(
    blank="""
    def pseudonym(patient_id, key):
        ...  # text for Patient ID (LO); patient_id is text, key 32 secret bytes
    """,
    answer="pseudonym",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        There are a million IDs of the form NG-100231. A laptop hashes them all in a second and
        compares: a plain hash of an ID is the ID. PS3.15 E.1.1 says so: unencrypted hashes "should
        be avoided, since they are vulnerable to trivial dictionary based attacks". HMAC takes a
        secret key; without it there is nothing to compare with. A salt that stands in the program
        is no secret, and a random number does not join the second examination to the first.
    """,
    hints=(
        "The same person must get the same pseudonym next year, so it has to be computed.",
        "What can the attacker compute? Everything that needs the ID and your program alone.",
        'hmac.digest(key, text, "sha256"), of the ID without the padding of DICOM.',
    ),
    wrong=(
        Wrong(
            "plain-hash",
            _RIGHT.replace('hmac.digest(key, patient_id.strip().encode(), "sha256")',
                           "__import__('hashlib').sha256(patient_id.strip().encode()).digest()"),
            """You hashed the ID. The check hashed all IDs from NG-100000 to NG-101000 and found
            yours: a dictionary attack needs no key.""",
        ),
        Wrong(
            "salt-in-the-program",
            _RIGHT.replace("hmac.digest(key, ", "hmac.digest(b'our-secret-salt', "),
            """You took a salt that stands in the program instead of the key. Who has the program
            has it, and with another key the pseudonym is the same.""",
        ),
        Wrong(
            "random",
            """
            import secrets

            def pseudonym(patient_id, key):
                return "TRIAL-" + secrets.token_hex(12).upper()
            """,
            """You drew a random number. The follow-up of the same patient is then another
            patient's, and the trial has nothing to compare.""",
        ),
        Wrong(
            "padding-counts",
            _RIGHT.replace("patient_id.strip()", "patient_id"),
            """You took the padding for part of the ID. DICOM pads to an even length with a space
            (PS3.5 6.2), FHIR does not: one person, two pseudonyms.""",
        ),
        Wrong(
            "key-in-front",
            _RIGHT.replace('"TRIAL-" + digest', 'patient_id.strip()[:3] + "-" + digest'),
            """Your pseudonym begins as the ID does. NG tells the site; with it a small site is
            told apart from all the others.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.1.1"), cite("RFC 2104", ""))
KEYS = (bytes(range(32)), bytes(range(1, 33)))


def check(work: Work) -> Verdict:
    """Join, part, and attack it with a dictionary."""
    first = work.call("NG-100644", KEYS[0])
    if first in (None, ...):
        return blank()
    if not isinstance(first, str) or not 0 < len(first) <= 64 or "\\" in first:
        return failed(expected="a text of at most 64 characters (LO)", got=first,
                      rule=cite("PS3.5", "6.2"))  # fmt: skip
    if work.call("NG-100644", KEYS[0]) != first:
        return _no("the same pseudonym for the same ID", "another each time", "random")
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        for number in range(100000, 101001):
            digest = hashlib.new(name, f"NG-{number}".encode()).hexdigest()
            if digest[:8].upper() in first.upper():
                return _no("nothing that can be computed without the key",
                           f"the {name} of NG-{number}", "plain-hash")  # fmt: skip
    if work.call("NG-100644 ", KEYS[0]) != first:
        return _no("the same pseudonym with the padding of DICOM", "another", "padding-counts")
    if work.call("NG-100644", KEYS[1]) == first:
        return _no("another pseudonym with another key", "the same", "salt-in-the-program")
    if len({work.call(f"NG-{n}", KEYS[0]) for n in range(100000, 100200)}) != 200:
        return _no("a pseudonym for each of 200 IDs", "some twice", "")
    if first.upper().startswith(("NG", "NORTH")):
        return _no("nothing of the ID", first[:3] + "…", "key-in-front")
    return passed("It joins, and a dictionary of 1001 IDs does not open it.", rule=RULE)


def _no(expected: str, got: str, mistake: str) -> Verdict:
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
