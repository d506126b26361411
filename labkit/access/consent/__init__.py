"""What the patient agreed to: FHIR R4 Consent as decisions.

::

    policy = ConsentPolicy(StoredSubjects(store, base), StoredConsents(store, base))
    ruling = decide_consent(consents, Question("p1", "ImagingStudy", "ImagingStudy/s1", now))
    ruling.allowed, ruling.reason, ruling.trail

A part of a Consent that is not understood is a refusal that names the element.
"""

from labkit.access.consent.engine import decide_consent
from labkit.access.consent.policy import ACTIONS, ConsentPolicy
from labkit.access.consent.question import EMERGENCY, Question, Ruling, Step
from labkit.access.consent.stored import Consents, StoredConsents
from labkit.access.consent.writing import consent, provision

__all__ = [
    "ACTIONS",
    "EMERGENCY",
    "ConsentPolicy",
    "Consents",
    "Question",
    "Ruling",
    "Step",
    "StoredConsents",
    "consent",
    "decide_consent",
    "provision",
]
