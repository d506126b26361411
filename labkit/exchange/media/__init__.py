"""Portable media: what is on a disc, whose it is here, and its import.

::

    medium = read_medium("/media/cdrom")
    planned = plan(medium, patients_of(archive))
    print(planned)                                   # questions, if there are any
    done = carry_out(planned, by_dimse(archive), when=now, system="IMPORTER")
"""

from labkit.exchange.media.coercion import coerce
from labkit.exchange.media.delivery import by_dimse, by_web
from labkit.exchange.media.importing import Plan, StudyPlan, carry_out, plan
from labkit.exchange.media.medium import Medium, MediumFile, MediumProblem, read_medium
from labkit.exchange.media.patients import LocalPatient, matches, patient_of, patients_of

__all__ = [
    "LocalPatient", "Medium", "MediumFile", "MediumProblem", "Plan", "StudyPlan", "by_dimse",
    "by_web", "carry_out", "coerce", "matches", "patient_of", "patients_of", "plan",
    "read_medium",
]  # fmt: skip
