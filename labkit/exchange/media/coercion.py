"""Give imported objects the house's identifiers, and keep what they said (PS3.3 C.12.1.1.9).

UIDs stay: a valid set of UIDs from outside is used and not changed (RAD TF-2 4.61.4.1.1.1).
"""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset

from labkit.exchange.manifests.values import text
from labkit.exchange.media.patients import LocalPatient
from labkit.pacs.corrections import set_and_record

#: What says who issued an identifier, or which order it was, in the other house: with the
#: identifier it goes, and is kept among the original attributes.
_WITH_ID = ("IssuerOfPatientIDQualifiersSequence",)
_WITH_ACCESSION = ("IssuerOfAccessionNumberSequence", "RequestAttributesSequence",
                   "ReferencedRequestSequence")  # fmt: skip


def coerce(
    ds: Dataset, patient: LocalPatient, *, accession: str = "", when: datetime, system: str,
    source: str = "",
) -> Dataset:  # fmt: skip
    """Give a data set the house's patient and order; in place, and returned.

    Parameters
    ----------
    accession
        The local order's Accession Number. Without one it is left empty: the other hospital's is
        some other study's here.
    when, system, source
        Attribute Modification DateTime, Modifying System (who imports) and Source of Previous
        Values (whose disc it was) of the Original Attributes Sequence (0400,0561).
    """
    wanted = {
        "PatientID": patient.id,
        "IssuerOfPatientID": patient.issuer,
        "PatientName": patient.name,
        "PatientBirthDate": patient.birth_date,
        "PatientSex": patient.sex,
        "AccessionNumber": accession,
    }
    changes = {
        keyword: value
        for keyword, value in wanted.items()
        if value != text(ds, keyword) and (value or keyword == "AccessionNumber")
    }
    if not patient.issuer and text(ds, "IssuerOfPatientID") and "PatientID" in changes:
        changes["IssuerOfPatientID"] = ""
    goes = (*(_WITH_ID if {"PatientID", "IssuerOfPatientID"} & set(changes) else ()),
            *(_WITH_ACCESSION if "AccessionNumber" in changes else ()))  # fmt: skip
    gone = {keyword: ds[keyword] for keyword in goes if keyword in ds}
    if not changes and not gone:
        return ds
    set_and_record(ds, changes, at=when.strftime("%Y%m%d%H%M%S%z"), system=system, reason="COERCE")
    item = ds.OriginalAttributesSequence[-1]
    item.SourceOfPreviousValues = source or text(ds, "InstitutionName")
    for keyword, element in gone.items():
        item.ModifiedAttributesSequence[0][keyword] = element
        del ds[keyword]
    return ds
