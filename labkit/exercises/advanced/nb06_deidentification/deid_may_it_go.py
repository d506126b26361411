"""May it go, and how?

Six requests of one morning. De-identification is the answer to some of them.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    decision = {
        "patient": "as it is",
        "clinic": "as it is",
        "vendor": "safe harbor or expert",
        "registry": "pseudonymised",
        "teaching": "safe harbor or expert",
        "rare": "expert",
    }
"""

EXERCISE = Exercise(
    blank="""
    # "as it is", "pseudonymised", "safe harbor or expert", "expert", or "refuse"
    decision = {
        # A patient asks for her own CT, for a second opinion. (United States)
        "patient": ...,
        # Another clinic treats the patient tonight and asks for the prior. (United States)
        "clinic": ...,
        # A vendor wants ten thousand chest CTs to train on. No authorization of the patients. (US)
        "vendor": ...,
        # A registry follows patients for years; you keep the key, by contract and law. (EU)
        "registry": ...,
        # A case for a public teaching collection, head removed by a defacing tool. (US)
        "teaching": ...,
        # Twelve children with a syndrome that twelve children in the country have. (US)
        "rare": ...,
    }
    """,
    answer="decision",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        Privacy is no reason to withhold a patient's images from her, nor from who treats her: HIPAA
        gives access (45 CFR 164.524) and allows treatment (164.506), and a provider that holds back
        without an exception is an information blocker under the Cures Act (45 CFR 171). For other
        uses without authorization there are two ways, Safe Harbor and Expert Determination
        (164.514(b)). Safe Harbor needs, besides the list, that you have no actual knowledge that
        what is left could identify: of twelve such children you have, so an expert has to find the
        risk very small. In the EU data to which somebody keeps the key are pseudonymised, and
        still personal data (GDPR 4(5), recital 26): they may go with a legal basis, not because
        they are anonymous.
    """,
    hints=(
        "Who is asking for treatment, or for herself? Then nothing has to be hidden.",
        "Somebody keeps a key: what does GDPR 4(5) call that? And for whom is a list not enough?",
        "Two as they are, one pseudonymised, two by either way, one by the expert alone. None is "
        "refused.",
    ),
    wrong=(
        Wrong(
            "privacy-as-an-excuse",
            _RIGHT.replace('"patient": "as it is"', '"patient": "refuse"').replace(
                '"clinic": "as it is"', '"clinic": "refuse"'),
            """You held images back from the patient, or from who treats her, for privacy's sake.
            That is information blocking (45 CFR 171.103) unless an exception applies, and none
            does.""",
        ),
        Wrong(
            "de-identified-for-treatment",
            _RIGHT.replace('"clinic": "as it is"', '"clinic": "pseudonymised"'),
            """You sent a pseudonymised prior to the clinic that treats her. They cannot file it
            under the patient: treatment needs the identity (45 CFR 164.506).""",
        ),
        Wrong(
            "pseudonymised-is-anonymous",
            _RIGHT.replace('"registry": "pseudonymised"', '"registry": "safe harbor or expert"'),
            """You took the registry's data for anonymous. While you keep the key they are personal
            data (GDPR 4(5)), and an American rule is no basis in the EU.""",
        ),
        Wrong(
            "list-is-enough",
            _RIGHT.replace('"rare": "expert"', '"rare": "safe harbor or expert"'),
            """You trusted the list. Twelve children of twelve: you know that what is left
            identifies them, and Safe Harbor ends there (164.514(b)(2)(ii)).""",
        ),
        Wrong(
            "pseudonymised-for-the-vendor",
            _RIGHT.replace('"vendor": "safe harbor or expert"', '"vendor": "pseudonymised"'),
            """You replaced the names for the vendor and left the rest. Without authorization, HIPAA
            wants Safe Harbor or an expert (164.514(b)).""",
        ),
    ),
)  # fmt: skip

RULE = (cite("45 CFR", "164.514(b)"), cite("45 CFR", "171.103"), cite("GDPR", "Article 4(5)"))
WANTED = {
    "patient": "as it is",
    "clinic": "as it is",
    "vendor": "safe harbor or expert",
    "registry": "pseudonymised",
    "teaching": "safe harbor or expert",
    "rare": "expert",
}
_MISTAKES = {
    ("patient", "refuse"): "privacy-as-an-excuse", ("clinic", "refuse"): "privacy-as-an-excuse",
    ("patient", "pseudonymised"): "de-identified-for-treatment",
    ("clinic", "pseudonymised"): "de-identified-for-treatment",
    ("registry", "safe harbor or expert"): "pseudonymised-is-anonymous",
    ("rare", "safe harbor or expert"): "list-is-enough",
    ("vendor", "pseudonymised"): "pseudonymised-for-the-vendor",
}  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare each decision with the rule for it."""
    decision = work.answer
    if all(decision.get(name, ...) is ... for name in WANTED):
        return blank()
    for name, wanted in WANTED.items():
        got = decision.get(name, ...)
        if got != wanted:
            return failed(expected=f"{wanted!r} for the {name}", got=got, rule=RULE,
                          mistake=_MISTAKES.get((name, got), ""))  # fmt: skip
    return passed("Two as they are, one under your key, three de-identified.", rule=RULE)
