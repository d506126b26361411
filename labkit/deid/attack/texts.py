"""Attacks that read: a word is looked for in everything that came out."""

from __future__ import annotations

from collections.abc import Callable

from labkit.deid.attack.model import Attack, Loot, Planted
from labkit.deid.attack.study.documents import KANJI

#: Name of the attack, channels of the study, what is tried; grouped by carrier and heading.
_TEXTS: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {
    ("radiograph", "Header"): (
        ("patient-name", "victim-family", "read Patient's Name"),
        ("other-names", "other-patient-names birth-name mothers-name",
         "read other names, birth name, mother's name"),
        ("address-and-telephone", "address telephone", "read where the patient lives"),
        ("accession-number", "accession-number", "read the order's number, and ask the RIS"),
        ("physicians", "referring-physician performing-physician operators-name",
         "read who referred, who operated"),
        ("institution", "institution-name institution-address department",
         "read hospital, address, ward"),
        ("station-name", "station-name", "read which machine it was"),
        ("device-serial", "device-serial-text", "read the device's serial number"),
        ("descriptions", "study-description series-description protocol-name derivation",
         "read names in descriptions"),
        ("comments", "image-comments patient-comments retired-comments text-comments",
         "read comments, also in retired elements"),
        ("alerts-and-occupation", "medical-alerts occupation ethnic-group insurance",
         "read what is rare about the patient"),
        ("text-in-kept-elements", "contrast window-explanation",
         "read text in elements that are thought technical"),
        ("retrieve-url", "retrieve-url", "read a URL with an identifier in its path"),
        ("behind-nul", "behind-nul", "read behind a NUL, where viewers stop"),
    ),
    ("radiograph", "Sequences"): (
        ("other-patient-ids", "other-patient-id", "read IDs in Other Patient IDs Sequence"),
        ("request-attributes", "procedure-id procedure-step reason",
         "read the order inside Request Attributes Sequence"),
        ("person-sequences", "person-code person-address nested-institution",
         "read persons in nested sequences"),
        ("deep-sequence", "deep-sequence", "read a name three sequences down in kept anatomy"),
        ("original-attributes", "original-attributes modifying-system",
         "read the former name in Original Attributes Sequence"),
        ("signature-certificate", "signer", "read who signed, in a digital signature"),
    ),
    ("radiograph", "Private and unknown"): (
        ("private-creator", "private-creator", "read the private creator itself"),
        ("private-elements", "private-element private-sequence",
         "read private elements and sequences"),
        ("private-un-sequence", "private-un-sequence",
         "parse a private UN value as a sequence"),
        ("private-safe-block", "private-safe", "read text under a creator of the safe list"),
        ("private-misplaced", "private-even-block",
         "read a private block that has an element below 0010 or an odd creator"),
        ("unknown-elements", "unknown-element", "read elements that no dictionary has"),
        ("curves", "curve", "read the retired groups 50xx"),
    ),
    ("radiograph", "File"): (
        ("preamble", "preamble", "read the first 128 bytes"),
        ("file-meta", "source-ae-title implementation-version meta-private",
         "read AE title, version and private information of the file meta"),
        ("trailing-padding", "trailing-padding", "read Data Set Trailing Padding"),
        ("pixel-padding", "pixel-padding", "read behind the last pixel"),
        ("overlay-description", "overlay-description", "read the text of an overlay"),
    ),
    ("", "File"): (
        ("file-names", "file-name folder-name", "read the names of files and folders"),
    ),
    ("dicomdir", "File"): (
        ("dicomdir", "dicomdir file-set-id", "read the index of the disc"),
    ),
    ("tail", "File"): (("trailing-bytes", "trailing-bytes", "read behind the data set"),),
    ("raw", "File"): (("deflated", "deflated", "inflate, then read"),),
    ("loop", "File"): (("jpeg-comment", "jpeg-comment", "read a comment in a compressed frame"),),
    ("undeclared", "Header"): (
        ("undeclared-charset", "undeclared-charset",
         "read bytes of no declared character set, VR UN"),
    ),
    ("report", "Documents"): (
        ("sr-text", "sr-text", "read the text of a report"),
        ("sr-persons", "sr-person sr-verifier sr-organization", "read who wrote and verified it"),
    ),
    ("key-images", "Documents"): (("ko-text", "ko-text", "read why an image is a key image"),),
    ("presentation", "Documents"): (
        ("pr-graphics", "pr-graphics", "read what is written onto the image"),
        ("pr-persons", "pr-creator pr-description pr-layer", "read who drew, and the labels"),
    ),
    ("pdf", "Documents"): (
        ("pdf-text", "pdf-text", "inflate and read a PDF"),
        ("pdf-title", "document-title", "read the title of the document"),
    ),
    ("cda", "Documents"): (("cda-text", "cda-text hl7-id", "read a CDA document"),),
    ("contours", "Documents"): (
        ("rt-names", "rt-label rt-roi-name rt-roi-text", "read how structures are called"),
    ),
    ("ecg", "Documents"): (
        ("waveform-annotation", "waveform-annotation", "read remarks on an ECG"),
    ),
    ("fhir", "FHIR"): (
        ("fhir-narrative", "fhir-narrative", "read the narrative"),
        ("fhir-name", "fhir-name fhir-telecom fhir-address fhir-contact",
         "read the Patient resource"),
        ("fhir-references", "fhir-id fhir-display",
         "read logical ids and displays of references"),
        ("fhir-contained", "fhir-contained fhir-extension",
         "read contained resources and extensions"),
        ("fhir-attachment", "fhir-attachment", "decode an attachment"),
        ("fhir-text", "fhir-description fhir-note fhir-title fhir-conclusion",
         "read descriptions, notes, conclusions"),
    ),
}  # fmt: skip
#: What already a de-identifier that blanks Patient's Name stops.
_PROOF = {"patient-name": "copy"}


def spot(loot: Loot, text: str) -> str:
    """Return the file in which a text can be read, or ``""``."""
    wanted = text.casefold()
    for file in loot.files:
        if any(wanted in body for body in file.texts):
            return file.name
    return ""


def _reader(channels: str) -> Callable[[Planted, Loot], str]:
    def run(planted: Planted, loot: Loot) -> str:
        for channel in channels.split():
            where = spot(loot, planted.plants.word(channel))
            if where:
                return f"{channel} in {where}"
        return ""

    return run


def _japanese(planted: Planted, loot: Loot) -> str:
    family = KANJI.split("=")[1].split("^")[0]
    sound = KANJI.split("=")[2].split("^")[0]
    where = spot(loot, family) or spot(loot, sound)
    return f"ideographic name in {where}" if where else ""


def text_attacks() -> list[Attack]:
    """Return the attacks that read."""
    found = [
        Attack(name, group, what, carrier, _reader(channels), _PROOF.get(name, "naive"))
        for (carrier, group), rows in _TEXTS.items()
        for name, channels, what in rows
    ]
    what = "read the second and third group of a Japanese name"
    found.append(Attack("other-scripts", "Header", what, "japanese", _japanese))
    return found
