"""Write docs/cheatsheet.md.

::

    python -m tests.docs.generate_cheatsheet

What is a table of a standard comes from pydicom and pynetdicom; the choice of rows is ours, and so
is the map of the Parts, which no package has.
"""

from __future__ import annotations

from pathlib import Path

import pydicom
import pydicom.uid
import pynetdicom
from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.tag import Tag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, MAX_VALUE_LEN, STANDARD_VR
from pynetdicom.pdu import A_ASSOCIATE_RJ

from labkit.common import cite
from labkit.deid import options
from labkit.dicom.vr import vr_name
from labkit.dimse import Peer, Status, command_lines, identifier
from tests.docs.sheet_commands import commands, table
from tests.docs.sheet_exchange import EXCHANGE
from tests.docs.sheet_kit import KIT
from tests.docs.sheet_manifests import MANIFESTS
from tests.docs.sheet_mhd import MHD
from tests.docs.sheet_oauth import OAUTH
from tests.docs.sheet_template import TEMPLATE
from tests.docs.sheet_workshop import WORKSHOP

TARGET = Path(__file__).resolve().parents[2] / "docs" / "cheatsheet.md"

#: Part, title, what one opens it for; titles as in PS3.1 6.
PARTS = [
    (1, "Introduction and Overview", "how the Parts hang together"),
    (2, "Conformance", "what a conformance statement has to say"),
    (3, "Information Object Definitions", "which attributes an object has, and what they mean"),
    (4, "Service Class Specifications", "store, query, retrieve, worklist: who must do what"),
    (5, "Data Structures and Encoding", "the bytes: VRs, transfer syntaxes, character sets, UIDs"),
    (6, "Data Dictionary", "tag, name, keyword, VR, VM; registered UIDs"),
    (7, "Message Exchange", "the DIMSE messages, their fields and statuses"),
    (8, "Network Communication Support for Message Exchange", "associations and PDUs over TCP"),
    (9, "Retired", "was: point-to-point connections"),
    (10, "Media Storage and File Format", "the file: preamble, File Meta Information, DICOMDIR"),
    (11, "Media Storage Application Profiles", "which objects go on which disc"),
    (12, "Media Formats and Physical Media", "CD, DVD, USB, e-mail"),
    (13, "Retired", "was: print over point-to-point connections"),
    (14, "Grayscale Standard Display Function", "why two screens show the same grey"),
    (15, "Security and System Management Profiles", "TLS, audit, de-identification"),
    (16, "Content Mapping Resource", "templates of reports, code sets"),
    (17, "Explanatory Information", "examples and background; nothing normative"),
    (18, "Web Services", "DICOMweb: WADO-RS, QIDO-RS, STOW-RS; JSON"),
    (19, "Application Hosting", "programs inside a workstation"),
    (20, "Imaging Reports using HL7 CDA", "reports as CDA documents"),
    (21, "Transformations between DICOM and other Representations", "to and from CDA, NCI AIM"),
    (22, "Real-Time Communication", "video and its metadata, live"),
]
TAGS = {
    "Patient": "PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex",
    "Study": "StudyInstanceUID AccessionNumber StudyDate StudyTime StudyID StudyDescription "
    "ReferringPhysicianName",
    "Series": "SeriesInstanceUID Modality SeriesNumber SeriesDescription BodyPartExamined "
    "Laterality FrameOfReferenceUID",
    "Instance": "SOPClassUID SOPInstanceUID InstanceNumber SpecificCharacterSet ImageType",
    "File": "TransferSyntaxUID",
    "Geometry": "ImagePositionPatient ImageOrientationPatient PixelSpacing ImagerPixelSpacing "
    "SliceThickness",
    "Pixels": "Rows Columns NumberOfFrames SamplesPerPixel PhotometricInterpretation "
    "BitsAllocated BitsStored PixelRepresentation RescaleSlope RescaleIntercept WindowCenter "
    "WindowWidth PixelData",
    "Query": "QueryRetrieveLevel ModalitiesInStudy NumberOfStudyRelatedInstances RetrieveAETitle",
}
SYNTAXES = [
    "ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian",
    "ExplicitVRBigEndian", "RLELossless", "JPEGBaseline8Bit", "JPEGExtended12Bit",
    "JPEGLosslessSV1", "JPEGLSLossless", "JPEGLSNearLossless", "JPEG2000Lossless", "JPEG2000",
    "HTJ2KLossless",
]  # fmt: skip
LOSSY = {"JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless", "JPEG2000"}
STATUSES = [
    ("", 0x0000), ("C-STORE", 0xA700), ("C-STORE", 0xA900), ("C-STORE", 0xB000),
    ("C-STORE", 0xC000), ("C-FIND", 0xFF00), ("C-FIND", 0xFF01), ("C-FIND", 0xA900),
    ("C-FIND", 0xFE00), ("C-MOVE", 0xA702), ("C-MOVE", 0xA801), ("C-MOVE", 0xB000),
    ("", 0x0110), ("", 0x0111), ("", 0x0112), ("", 0x0122), ("", 0x0124), ("", 0x0211),
]  # fmt: skip
REJECTIONS = [(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (2, 2), (3, 1), (3, 2)]
ACTS = [
    ("C-ECHO", "echo"), ("C-STORE", "store"), ("C-FIND", "find"), ("C-MOVE", "move"),
    ("C-GET", "get"),
]  # fmt: skip


def link(document: str, section: str = "") -> str:
    place = cite(document, section)
    return f"[{place}]({place.url})"


def acts() -> str:
    peer = Peer("ARCHIVE", "127.0.0.1", 104)
    wanted = identifier("STUDY", PatientID="NG-1001")
    lines = []
    for title, act in ACTS:
        more: dict[str, object] = {"files": ["study/"]} if act == "store" else {}
        if act in ("find", "move", "get"):
            more["identifier"] = wanted
        if act == "move":
            more["destination"] = "WORKSTN"
        lines.append(f"# {title}")
        found = command_lines(act, peer, **more)  # type: ignore[arg-type]
        lines += [f"{line}  # {tool}" for tool, line in found.items()]
    return "```sh\n" + "\n".join(lines) + "\n```"


def tags() -> str:
    rows = []
    for level, keywords in TAGS.items():
        for keyword in keywords.split():
            number = tag_for_keyword(keyword)
            assert number is not None, keyword
            tag = Tag(number)
            spelt = f"({tag.group:04X},{tag.element:04X})"
            rows.append(
                (level, f"`{spelt}`", keyword, dictionary_VR(number), dictionary_VM(number))
            )
            level = ""
    return two_up("level|tag|keyword|VR|VM", rows)


def two_up(head: str, rows: list[tuple[str, ...]]) -> str:
    half = (len(rows) + 1) // 2
    left, right = rows[:half], [*rows[half:], ("",) * len(rows[0])]
    return table(f"{head}|{head}", [(*a, *b) for a, b in zip(left, right, strict=False)])


def syntaxes() -> str:
    rows = []
    for name in SYNTAXES:
        uid = getattr(pydicom.uid, name)
        pixels = "native" if not uid.is_encapsulated else "lossy" if name in LOSSY else "lossless"
        rows.append((f"`{uid}`", uid.name, pixels))
    return table("UID|name|pixels", rows)


def vrs() -> str:
    rows = [
        (
            vr,
            vr_name(vr),
            str(MAX_VALUE_LEN.get(vr, "")),
            "4" if vr in EXPLICIT_VR_LENGTH_32 else "2",
        )
        for vr in sorted(map(str.__str__, STANDARD_VR))
    ]
    return two_up("VR|name|longest|length bytes", rows)


def statuses() -> str:
    rows = []
    for service, code in STATUSES:
        status = Status(code, service)
        rows.append((f"`{code:04X}`", service or "any", status.category, status.text))
    return table("status|answer to|kind|meaning", rows)


def where() -> str:
    """Cite where each service's statuses are listed."""
    places = {}
    for service, code in STATUSES:
        section = Status(code, service).section
        places[service or "any"] = f"{service or 'any'} {link(section.document, section.section)}"
    return ", ".join(places.values())


def rejections() -> str:
    rows = []
    for source, reason in REJECTIONS:
        pdu = A_ASSOCIATE_RJ()
        pdu.result, pdu.source, pdu.reason_diagnostic = 1, source, reason
        rows.append((f"`{source}/{reason}`", pdu.source_str, pdu.reason_str))
    return table("source/reason|who says it|why", rows)


def cheatsheet() -> str:
    known = [(code, f"`{name}`") for name, (code, _) in options().items()]
    return TEMPLATE.format(
        oauth=OAUTH,
        manifests="\n\n".join((KIT, MANIFESTS.strip(), MHD.strip(), EXCHANGE, WORKSHOP)),
        pydicom=pydicom.__version__,
        pynetdicom=pynetdicom.__version__,
        acts=acts(),
        commands=commands(),
        tags=tags(),
        syntaxes=syntaxes(),
        default=link("PS3.5", "10.1"),
        statuses=statuses(),
        where=where(),
        rejected=link("PS3.8", "9.3.4"),
        rejections=rejections(),
        vrs=vrs(),
        vr=link("PS3.5", "7.1.2"),
        outcome=link("FHIR R4", "operationoutcome"),
        search=link("FHIR R4", "search"),
        deid=link("PS3.15", "E.3"),
        options=table(
            "code|option|code|option|code|option",
            [sum(known[row::4], ()) for row in range(4)],
        ),
        parts=table(
            "Part|title|open it for",
            [(link(f"PS3.{number}") if title != "Retired" else f"PS3.{number}", title, why)
             for number, title, why in PARTS],
        ),
    )  # fmt: skip


if __name__ == "__main__":
    TARGET.write_text(cheatsheet(), encoding="utf-8", newline="\n")
