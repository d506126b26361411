"""De-identification by PS3.15 Annex E: DICOM objects, and FHIR resources in step with them.

::

    from labkit.deid import Deidentifier, Key, Profile

    deidentifier = Deidentifier(Profile.of("clean-descriptors"), Key.new())
    outcome = deidentifier.file(Path("in.dcm"), Path("out"))
    outcome.held or outcome.path
"""

from labkit.deid.deidentifier import Deidentifier
from labkit.deid.fhir import FhirDeidentifier
from labkit.deid.files import Summary
from labkit.deid.key import Key
from labkit.deid.private import SafePrivate
from labkit.deid.profile import Profile, options
from labkit.deid.seams import Change, Outcome, PixelCleaner, PixelFinding

__all__ = [
    "Change", "Deidentifier", "FhirDeidentifier", "Key", "Outcome", "PixelCleaner",
    "PixelFinding", "Profile", "SafePrivate", "Summary", "options",
]  # fmt: skip
