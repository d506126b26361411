"""Series and instances: body site, side, numbers, titles, specimens."""

from __future__ import annotations

from benchmarks.golden.headers import BASIC_TEXT_SR, ENCAPSULATED_PDF, code, header, item
from benchmarks.golden.model import Case, is_, lacks, mentions, one_of

_ANNEX = "PS3.3 C.7.3.1; PS3.16 Table L-1"
_SIDE = "PS3.16 CID 244"
_SCT = "http://snomed.info/sct"

CASES: tuple[Case, ...] = (
    Case(
        "body-part", "body site", "CHEST is 816094009; one converter has the chest cavity.",
        _ANNEX, lambda: [header(BodyPartExamined="CHEST")],
        (is_("ImagingStudy.series.bodySite.code", "816094009"),
         is_("ImagingStudy.series.bodySite.system", _SCT)),
    ),
    Case(
        "body-part-unknown", "body site", "A term that Annex L lacks has no code, and no bare one.",
        _ANNEX, lambda: [header(BodyPartExamined="SCHAEDEL")],
        (is_("ImagingStudy.series.bodySite.code"),),
    ),
    Case(
        "body-part-site", "body site", "A site knows its own terms.", _ANNEX,
        lambda: [header(BodyPartExamined="SCHAEDEL")],
        (is_("ImagingStudy.series.bodySite.code", "89546000"),),
        site='[code.BodyPartExamined.SCHAEDEL]\nsystem = "http://snomed.info/sct"\n'
             'code = "89546000"\n',
    ),
    Case(
        "body-region-coded", "body site", "(0008,2218) is coded already, and the finer of the two.",
        "PS3.3 10.5",
        lambda: [header(BodyPartExamined="CHEST", AnatomicRegionSequence=[
            code("45653009", "SCT", "Upper lobe of lung")])],
        (is_("ImagingStudy.series.bodySite.code", "45653009"),),
    ),
    Case(
        "body-region-retired", "body site", "A SNOMED RT code is translated, not relabelled.",
        "PS3.16 8.1",
        lambda: [header(AnatomicRegionSequence=[code("T-D1100", "SRT", "Head")])],
        (is_("ImagingStudy.series.bodySite.code", "69536005"),
         is_("ImagingStudy.series.bodySite.system", _SCT)),
    ),
    Case(
        "body-site-r5", "body site", "R5's element is a CodeableReference.",
        "FHIR R5 imagingstudy series.bodySite", lambda: [header(BodyPartExamined="HEAD")],
        (is_("ImagingStudy.series.bodySite.concept.coding.code", "69536005"),), fhir="R5",
    ),
    Case(
        "laterality", "laterality", "Left, with its system.", _SIDE,
        lambda: [header(Laterality="L")],
        (one_of("ImagingStudy.series.laterality.code", "7771000", "419161000"),
         is_("ImagingStudy.series.laterality.system", _SCT)),
    ),
    Case(
        "laterality-of-images", "laterality", "(0020,0062), where (0020,0060) is not.",
        "PS3.3 C.8.11.3", lambda: [header(ImageLaterality="R"), header(2, ImageLaterality="R")],
        (one_of("ImagingStudy.series.laterality.code", "24028007", "419465000"),),
    ),
    Case(
        "laterality-of-frames", "laterality", "(0020,9072) of enhanced objects.",
        "PS3.3 C.7.6.16.2.8",
        lambda: [header(SharedFunctionalGroupsSequence=[item(
            FrameAnatomySequence=[item(FrameLaterality="B")])])],
        (is_("ImagingStudy.series.laterality.code", "51440002"),),
    ),
    Case(
        "laterality-mixed", "laterality", "A series of both breasts is of neither side.", _SIDE,
        lambda: [header(ImageLaterality="L"), header(2, ImageLaterality="R")],
        (is_("ImagingStudy.series.laterality.code"),),
    ),
    Case(
        "laterality-empty", "laterality", "Type 2C and empty: none.", "PS3.5 7.4.4",
        lambda: [header(Laterality="")], (is_("ImagingStudy.series.laterality.code"),),
    ),
    Case(
        "laterality-r5", "laterality", "R5's element is a CodeableConcept.",
        "FHIR R5 imagingstudy series.laterality", lambda: [header(Laterality="R")],
        (is_("ImagingStudy.series.laterality.coding.code", "24028007"),), fhir="R5",
    ),
    Case(
        "numbers", "numbers", "Series and Instance Number.", "PS3.3 C.7.3.1, C.7.6.1",
        lambda: [header(7, series=3)],
        (is_("ImagingStudy.series.number", 3), is_("ImagingStudy.series.instance.number", 7)),
    ),
    Case(
        "numbers-missing", "numbers", "One archive writes 0 for none.", "PS3.5 7.4.2",
        lambda: [header(SeriesNumber=None, InstanceNumber=None)],
        (is_("ImagingStudy.series.number"), is_("ImagingStudy.series.instance.number")),
    ),
    Case(
        "number-negative", "numbers", "IS may be negative, unsignedInt may not.",
        "FHIR R4 datatypes.html#unsignedInt", lambda: [header(InstanceNumber=-1)],
        (is_("ImagingStudy.series.instance.number"),),
    ),
    Case(
        "title-label", "title", "Content Label is (0070,0080); the official table misprints it.",
        "PS3.3 Table 10-12", lambda: [header(ContentLabel="KEYIMAGE")],
        (is_("ImagingStudy.series.instance.title", "KEYIMAGE"),),
    ),
    Case(
        "title-image-type", "title", "Image Type, where nothing says more.",
        "PS3.3 C.7.6.1.1.2", lambda: [header(ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])],
        (mentions("ImagingStudy.series.instance.title", "ORIGINAL", "AXIAL"),),
    ),
    Case(
        "title-concept", "title", "The title of a structured report.", "PS3.3 C.17.3",
        lambda: [header(Modality="SR", SOPClassUID=BASIC_TEXT_SR, ConceptNameCodeSequence=[
            code("18748-4", "LN", "Diagnostic imaging report")])],
        (is_("ImagingStudy.series.instance.title", "Diagnostic imaging report"),),
    ),
    Case(
        "title-document", "title", "The title of an encapsulated document.", "PS3.3 C.24.2",
        lambda: [header(Modality="DOC", SOPClassUID=ENCAPSULATED_PDF, DocumentTitle="Letter")],
        (is_("ImagingStudy.series.instance.title", "Letter"),),
    ),
    Case(
        "series-description", "description", "Of the series.", "PS3.3 C.7.3.1",
        lambda: [header(SeriesDescription="Axial 5 mm")],
        (is_("ImagingStudy.series.description", "Axial 5 mm"),),
    ),
    Case(
        "specimen", "specimen", "(0040,0551) within (0040,0560).", "PS3.3 C.7.6.22",
        lambda: [header(SpecimenDescriptionSequence=[item(SpecimenIdentifier="S26-1")])],
        (is_("ImagingStudy.series.specimen.identifier.value", "S26-1"),),
    ),
    Case(
        "specimen-none", "specimen", "No sequence, no specimen.", "PS3.3 C.7.6.22",
        lambda: [header()], (lacks("ImagingStudy.series.specimen", None),
                             is_("ImagingStudy.series.specimen")),
    ),
)  # fmt: skip
