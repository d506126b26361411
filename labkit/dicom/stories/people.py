"""The cast: two sites, their patients and their staff. Every person here is invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """One hospital: who issues the PatientIDs, and where its images are kept."""

    name: str
    issuer: str
    archive: str
    address: str


@dataclass(frozen=True)
class Patient:
    """One person as one site registered them.

    Attributes
    ----------
    slug
        Short name; ``thistlewick`` and ``thistlewick-lakeside`` are one woman registered twice.
    name
        PN in full, component groups included (PS3.5 6.2.1.1).
    patient_id, site
        The ID, and the site whose issuer makes it unique (PS3.3 C.7.1.1: Issuer of Patient ID).
    charset
        Specific Character Set of this person's images, ``""`` for the default repertoire.
    same_person_as
        Slug of the registration of the same person elsewhere, or ``""``.
    story
        What happens to them, in one sentence.
    """

    slug: str
    name: str
    patient_id: str
    site: str
    sex: str
    birth_date: str
    story: str
    charset: str = ""
    same_person_as: str = ""
    height_m: float = 1.7
    weight_kg: float = 70.0


SITES = {
    "North General": Site("North General", "NORTHGEN", "ARCHIVE", "1 Phantom Way, Northville"),
    "Lakeside Clinic": Site("Lakeside Clinic", "LAKESIDE", "LEGACY", "2 Pixel Quay, Lakeside"),
}

_NORTH, _LAKE = SITES

PATIENTS = [
    Patient(
        "quillfeather", "Quillfeather^Tobias", "NG-100231", _NORTH, "M", "19580304",
        "Found confused at breakfast: a bleed in the left basal ganglia, which then resolves.",
        height_m=1.78, weight_kg=82,
    ),
    Patient(
        "thistlewick", "Thistlewick^Marigold^Anne", "NG-100457", _NORTH, "F", "19510719",
        "A cough, a shadow on the radiograph, and a nodule in the right lung.",
        same_person_as="thistlewick-lakeside", height_m=1.64, weight_kg=63,
    ),
    Patient(
        "thistlewick-lakeside", "THISTLEWICK^MARIGOLD", "LK-20871", _LAKE, "F", "19510719",
        "The same woman at Lakeside two years earlier: another ID, and a clear chest radiograph.",
        same_person_as="thistlewick", height_m=1.64, weight_kg=65,
    ),
    Patient(
        "kumorizora", "Kumorizora^Haru=曇空^晴=くもりぞら^はる", "NG-100502", _NORTH,
        "F", "19840511",
        "Palpitations; an echocardiogram. Her name is written in three ways.",
        charset="\\ISO 2022 IR 87", height_m=1.58, weight_kg=52,
    ),
    Patient(
        "gruenwaeldchen", "Grünwäldchen^Jörg", "NG-100618", _NORTH, "M", "19630928",
        "Chest pain; a coronary angiogram. His name needs Latin alphabet No. 1.",
        charset="ISO_IR 100", same_person_as="gruenwaeldchen-lakeside", height_m=1.81, weight_kg=91,
    ),
    Patient(
        "gruenwaeldchen-lakeside", "Grünwäldchen^Jörg", "LK-20933", _LAKE, "M", "19630928",
        "The same man at Lakeside, where a gateway has ruined the umlauts.",
        charset="ISO_IR 100", same_person_as="gruenwaeldchen", height_m=1.81, weight_kg=91,
    ),
    Patient(
        "swierszczyk", "Świerszczyk^Żółwina", "NG-100733", _NORTH, "F", "19720130",
        "Screening mammography. Her name needs UTF-8.",
        charset="ISO_IR 192", height_m=1.69, weight_kg=68,
    ),
    Patient(
        "brackenfold", "Brackenfold^Posy", "1001234", _NORTH, "F", "19991105",
        "Punched a door: a broken fifth metacarpal. Her ID is also somebody else's, at Lakeside.",
        height_m=1.67, weight_kg=61,
    ),
    Patient(
        "marblethorpe", "Marblethorpe^Ignatius", "1001234", _LAKE, "M", "19470222",
        "A bone scan at Lakeside, under an ID that at North General is Posy Brackenfold's.",
        height_m=1.73, weight_kg=77,
    ),
    Patient(
        "pebbleworth", "Pebbleworth^Clementine", "LK-20990", _LAKE, "F", "19900816",
        "A lump in the neck; an ultrasound done without an order, so without an accession number.",
        height_m=1.71, weight_kg=66,
    ),
    Patient(
        "larkwhistle", "Larkwhistle^Barnaby", "LK-21044", _LAKE, "M", "19780609",
        "Two views of one knee, that the modality sent as two studies.",
        height_m=1.76, weight_kg=88,
    ),
    Patient(
        "wobblethwaite", "Wobblethwaite^Rufus", "NG-100790", _NORTH, "M", "19660412",
        "One slice exported for teaching, by a program that dropped what it did not know.",
        height_m=1.74, weight_kg=80,
    ),
]  # fmt: skip

STAFF = {
    "emergency": "Rowanberry^Agatha^^Dr",
    "chest": "Fennimuckle^Oswin^^Dr",
    "cardiology": "Drizzlecomb^Petra^^Dr",
    "gp": "Parsnipper^Leopold^^Dr",
    "radiologist": "Lanternwick^Edmunda^^Dr",
    "radiographer": "Applecarton^Nell",
    "sonographer": "Hummingdale^Ivo",
}


def patient(slug: str) -> Patient:
    """Return the patient called `slug`."""
    return next(p for p in PATIENTS if p.slug == slug)
