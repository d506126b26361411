"""Elements of the study: modality, counts, procedure, reason, place, words."""

from __future__ import annotations

from pydicom.dataset import Dataset

from benchmarks.golden.headers import BASIC_TEXT_SR, PRESENTATION_STATE, code, header, item
from benchmarks.golden.model import Case, has, is_, lacks, mentions

_CID = "PS3.3 C.7.3.1; PS3.16 CID 29"
_CODES = "PS3.3 8.8; FHIR R4 terminologies-systems"

CASES: tuple[Case, ...] = (
    Case(
        "modality-computed", "modality",
        "(0008,0061) is a query attribute: the study's modalities are those of its series.",
        "PS3.4 C.3.4", lambda: [header(), header(series=2, Modality="PT")],
        (is_("ImagingStudy.modality.code", "CT", "PT"),),
    ),
    Case(
        "modality-query-attribute", "modality",
        "A header that carries (0008,0061) all the same is not believed.", "PS3.4 C.3.4",
        lambda: [header(ModalitiesInStudy=["MR", "US"])],
        (is_("ImagingStudy.modality.code", "CT"),),
    ),
    Case(
        "modality-system", "modality", "The code system of DICOM, in small letters.", _CID,
        lambda: [header()],
        (is_("ImagingStudy.modality.system", "http://dicom.nema.org/resources/ontology/DCM"),
         is_("ImagingStudy.series.modality.system",
             "http://dicom.nema.org/resources/ontology/DCM")),
    ),
    Case(
        "modality-display", "modality", "One converter writes a version over the display.", _CID,
        lambda: [header()], (is_("ImagingStudy.series.modality.display", "Computed Tomography"),),
    ),
    Case(
        "modality-report", "modality", "R4 binds the study's modality to acquisition: no SR, PR.",
        "PS3.16 CID 29",
        lambda: [header(), header(series=2, Modality="SR", SOPClassUID=BASIC_TEXT_SR),
                 header(series=3, Modality="PR", SOPClassUID=PRESENTATION_STATE)],
        (is_("ImagingStudy.modality.code", "CT"),
         is_("ImagingStudy.series.modality.code", "CT", "SR", "PR")),
    ),
    Case(
        "modality-report-r5", "modality", "R5 binds CID 33, which has them.", "PS3.16 CID 33",
        lambda: [header(), header(series=2, Modality="SR", SOPClassUID=BASIC_TEXT_SR)],
        (is_("ImagingStudy.modality.coding.code", "CT", "SR"),), fhir="R5",
    ),
    Case(
        "modality-missing", "modality", "series.modality is required: OT, nothing guessed.",
        "FHIR R4 imagingstudy series.modality", lambda: [header(Modality=None)],
        (is_("ImagingStudy.series.modality.code", "OT"), is_("ImagingStudy.modality.code")),
    ),
    Case(
        "modality-conflict", "modality", "A series of two modalities has none that is right.",
        "PS3.3 A.1.2.3", lambda: [header(), header(2, Modality="MR")],
        (is_("ImagingStudy.series.modality.code", "OT"),),
    ),
    Case(
        "status", "status", "What can be read is available.", "FHIR R4 imagingstudy status",
        lambda: [header()], (is_("ImagingStudy.status", "available"),),
    ),
    Case(
        "counts-computed", "counts", "Counted, not copied: (0020,1208) is a query attribute.",
        "PS3.4 C.3.4",
        lambda: [header(NumberOfStudyRelatedInstances=700, NumberOfStudyRelatedSeries=9),
                 header(2), header(1, series=2)],
        (is_("ImagingStudy.numberOfInstances", 3), is_("ImagingStudy.numberOfSeries", 2),
         has("ImagingStudy.series.numberOfInstances", 2, 1)),
    ),
    Case(
        "procedure-standard", "procedure", "A code of LOINC keeps its system.", _CODES,
        lambda: [header(ProcedureCodeSequence=[code("30799-1", "LN", "CT Head WO contrast")])],
        (is_("ImagingStudy.procedureCode.coding.system", "http://loinc.org"),
         is_("ImagingStudy.procedureCode.coding.code", "30799-1")),
    ),
    Case(
        "procedure-local", "procedure",
        "The system of a local scheme is not known: the meaning stays as text, no bare code.",
        _CODES, lambda: [header(ProcedureCodeSequence=[code("CTH", "99SITE", "CT head")])],
        (is_("ImagingStudy.procedureCode.text", "CT head"),
         is_("ImagingStudy.procedureCode.coding.code")),
    ),
    Case(
        "procedure-local-mapped", "procedure", "A site knows the scheme and the standard code.",
        _CODES, lambda: [header(ProcedureCodeSequence=[code("CTH", "99SITE", "CT head")])],
        (has("ImagingStudy.procedureCode.coding.code", "CTH", "30799-1"),
         has("ImagingStudy.procedureCode.coding.system", "https://site.example/codes",
             "http://loinc.org")),
        site='[scheme]\n99SITE = "https://site.example/codes"\n[code.99SITE.CTH]\n'
             'system = "http://loinc.org"\ncode = "30799-1"\n',
    ),
    Case(
        "procedure-united", "procedure", "Two series, two procedures: the study has both.",
        "PS3.3 C.7.2.1",
        lambda: [header(ProcedureCodeSequence=[code("30799-1", "LN", "CT Head")]),
                 header(series=2, ProcedureCodeSequence=[code("24627-2", "LN", "CT Chest")])],
        (is_("ImagingStudy.procedureCode.coding.code", "30799-1", "24627-2"),),
    ),
    Case(
        "procedure-r5", "procedure", "R5's element is a CodeableReference.",
        "FHIR R5 imagingstudy procedure",
        lambda: [header(ProcedureCodeSequence=[code("30799-1", "LN", "CT Head")])],
        (is_("ImagingStudy.procedure.concept.coding.code", "30799-1"),), fhir="R5",
    ),
    Case(
        "reason-coded", "reason",
        "The code is (0040,100A) in (0040,0275); one converter reads the outer data set.",
        "PS3.3 Table 10-9",
        lambda: [header(RequestAttributesSequence=[item(ReasonForRequestedProcedureCodeSequence=[
            code("25064002", "SCT", "Headache")])])],
        (is_("ImagingStudy.reasonCode.coding.code", "25064002"),
         is_("ImagingStudy.reasonCode.coding.system", "http://snomed.info/sct")),
    ),
    Case(
        "reason-text", "reason", "(0040,1002) is free text, and is text in FHIR.",
        "PS3.3 Table 10-9",
        lambda: [header(RequestAttributesSequence=[item(ReasonForTheRequestedProcedure="fall")])],
        (is_("ImagingStudy.reasonCode.text", "fall"), is_("ImagingStudy.reasonCode.coding.code")),
    ),
    Case(
        "description", "description", "Study Description, padding gone.", "PS3.3 C.7.2.1",
        lambda: [header(StudyDescription=" CT head ")],
        (is_("ImagingStudy.description", "CT head"),),
    ),
    Case(
        "description-empty", "description", "An empty string is no FHIR value.",
        "FHIR R4 datatypes.html#string", lambda: [header(StudyDescription="")],
        (is_("ImagingStudy.description"),),
    ),
    Case(
        "description-conflict", "description",
        "A value is set only where all instances agree; not that of the first file.",
        "PS3.3 A.1.2",
        lambda: [header(StudyDescription="Head"), header(2, StudyDescription="Neck")],
        (is_("ImagingStudy.description"),),
    ),
    Case(
        "description-partly-there", "description", "An instance that does not say is no conflict.",
        "PS3.5 7.4.5", lambda: [header(StudyDescription="Head"), header(2)],
        (is_("ImagingStudy.description", "Head"),),
    ),
    Case(
        "location", "location", "(0040,0243), or the department in words.", "PS3.3 C.7.5.1",
        lambda: [header(InstitutionalDepartmentName="Radiology")],
        (mentions("ImagingStudy.location.display", "Radiology"),),
    ),
    Case(
        "location-site", "location", "A site knows where a station stands.", "PS3.3 C.7.5.1",
        lambda: [header(StationName="CT1")],
        (is_("ImagingStudy.location.reference", "Location/ct-room-1"),),
        site='[ae.CT1]\nlocation = "Location/ct-room-1"\n',
    ),
    Case(
        "private", "private element", "Found by its creator, never by its number alone.",
        "PS3.5 7.8.1", lambda: [_private()], (lacks("ImagingStudy.description", "secret"),),
    ),
    Case(
        "control-characters", "description", "FHIR's string has no control characters.",
        "FHIR R4 datatypes.html#string", lambda: [header(StudyDescription="CT\x01 head")],
        (is_("ImagingStudy.description", "CT head"),),
    ),
)  # fmt: skip


def _private() -> Dataset:
    ds = header()
    ds.private_block(0x0009, "ACME 1.0", create=True).add_new(0x30, "LO", "secret")
    return ds
