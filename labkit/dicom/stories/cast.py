"""The studies and the orders behind them: what was done to whom, when, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.dicom.stories.people import Patient, patient
from labkit.dicom.stories.uids import uid


@dataclass(frozen=True)
class Story:
    """One study of the stories.

    Attributes
    ----------
    slug
        Its name in lessons and its folder in ``sample_data/``.
    title, shows
        A short heading; what is to be seen, for someone who cannot read the image yet.
    patient
        Slug of the patient.
    accession
        Accession Number (0008,0050): what ties order, images and report. ``""`` if none.
    date, time
        Study Date and Time, as DA and TM.
    description, protocol
        Study Description and Protocol Name.
    procedure
        Code Value of the requested procedure, in the sites' own scheme 99LABKIT.
    station
        AE title of the modality.
    referrer
        Key of `people.STAFF`.
    preloaded_in
        AE titles of the archives that hold it in a new lab. Empty: the learner sends it.
    broken
        What is wrong on purpose and why that matters, or ``""``.
    """

    slug: str
    title: str
    shows: str
    patient: str
    accession: str
    date: str
    time: str
    description: str
    protocol: str
    procedure: str
    station: str
    referrer: str
    preloaded_in: tuple[str, ...] = ()
    broken: str = ""

    @property
    def person(self) -> Patient:
        """The patient, as registered at the site of this study."""
        return patient(self.patient)

    @property
    def study_uid(self) -> str:
        """Study Instance UID (0020,000D)."""
        return uid(self.slug)

    @property
    def ordered(self) -> bool:
        """Whether the study had an order; without one there is no accession number."""
        return bool(self.accession)


ARCHIVE, LEGACY = ("ARCHIVE",), ("LEGACY",)

STORIES = [
    Story(
        "ct-head", "CT head: an acute bleed",
        "A bright 35 mm haematoma in the left basal ganglia with a dark rim of oedema, pushing the "
        "midline 4 mm to the right. 40 slices on a tilted gantry, and the written report (SR).",
        "quillfeather", "NG2600101", "20260112", "075218", "CT head without contrast",
        "HEAD ROUTINE 3.5", "CTHEAD", "CT1", "emergency", ARCHIVE,
    ),
    Story(
        "mr-brain", "MR brain: the bleed a day later, in two echoes",
        "The same haematoma on MR. Each of 12 positions is there twice, at echo times 22 ms "
        "(proton density) and 90 ms (T2), in one series. With the report as an encapsulated PDF.",
        "quillfeather", "NG2600118", "20260113", "141005", "MR brain, dual echo",
        "BRAIN PD/T2 TSE", "MRBRAIN", "MR1", "emergency", ARCHIVE,
    ),
    Story(
        "ct-head-followup", "CT head: three days later",
        "The haematoma is smaller and less dense. Ten thick slices, not compressed, not yet in the "
        "archive.",
        "quillfeather", "NG2600142", "20260115", "091530", "CT head without contrast",
        "HEAD FOLLOW-UP 10", "CTHEAD", "CT1", "emergency",
    ),
    Story(
        "dx-chest", "Chest radiograph: a shadow in the right lung",
        "One frontal radiograph. A rounded shadow lies in the right upper zone.",
        "thistlewick", "NG2600103", "20260112", "102240", "Chest radiograph PA",
        "CHEST PA", "DXCHEST", "DX1", "gp", ARCHIVE,
    ),
    Story(
        "ct-chest", "CT chest: the nodule, measured",
        "40 slices with contrast; an 18 mm nodule in the right upper lobe. With its segmentation "
        "(SEG), a measurement report (SR, TID 1500), a presentation state (PR) and key "
        "images (KO).",
        "thistlewick", "NG2600121", "20260113", "093012", "CT chest with contrast",
        "CHEST CONTRAST 6.0", "CTCHEST", "CT1", "chest", ARCHIVE,
    ),
    Story(
        "pt-chest", "PET chest: the nodule takes up glucose",
        "20 attenuation-corrected slices in Bq/ml. Heart and liver are warm, the nodule is hot.",
        "thistlewick", "NG2600130", "20260114", "111500", "PET chest FDG",
        "PET THORAX AC", "PTCHEST", "PT1", "chest", ARCHIVE,
    ),
    Story(
        "cr-chest-prior", "Chest radiograph: two years earlier, at Lakeside",
        "The same chest with no shadow, under another ID at another site.",
        "thistlewick-lakeside", "LK2400377", "20240206", "154412", "CHEST PA",
        "CHEST", "CRCHEST", "CR1", "gp", LEGACY,
    ),
    Story(
        "us-heart", "Echocardiogram: a beating heart",
        "A colour cine loop of 20 frames: four chambers, moving valves and colour Doppler. The "
        "patient's name is burned into the picture.",
        "kumorizora", "NG2600127", "20260114", "083344", "Echocardiogram",
        "ADULT ECHO A4C", "USHEART", "US2", "cardiology", ARCHIVE,
    ),
    Story(
        "xa-coronary", "Coronary angiogram",
        "Contrast fills the left coronary artery over 20 frames. The anterior branch is narrowed.",
        "gruenwaeldchen", "NG2600115", "20260113", "160250", "Coronary angiography",
        "LCA RAO CRAN", "XACORO", "XA1", "cardiology", ARCHIVE,
    ),
    Story(
        "mg-screening", "Screening mammogram",
        "Four views: each breast from above (CC) and obliquely (MLO). A cluster of calcifications "
        "in the left one. JPEG 2000, and not yet in the archive.",
        "swierszczyk", "NG2600144", "20260115", "101100", "Screening mammography",
        "SCREENING 4 VIEW", "MGSCREEN", "MG1", "gp",
    ),
    Story(
        "dx-hand", "Hand radiograph: a broken fifth metacarpal",
        "One radiograph in MONOCHROME1, where the highest value is black. The fifth metacarpal is "
        "bent towards the palm.",
        "brackenfold", "NG2600106", "20260112", "190433", "Hand radiograph PA",
        "HAND PA", "DXHAND", "DX1", "emergency", ARCHIVE,
    ),
    Story(
        "dx-hand-followup", "Hand radiograph: after manipulation",
        "The same hand, the bone set straight. One small file, not yet in the archive.",
        "brackenfold", "NG2600143", "20260115", "094155", "Hand radiograph PA",
        "HAND PA", "DXHAND", "DX1", "emergency",
    ),
    Story(
        "nm-bone", "Bone scan",
        "The whole body from the front and from behind, as two frames. A hot spot in a rib.",
        "marblethorpe", "LK2600023", "20260112", "133020", "BONE SCAN WHOLE BODY",
        "WB BONE", "NMBONE", "NM1", "gp", LEGACY,
    ),
    Story(
        "us-thyroid", "Ultrasound of the neck, done without an order",
        "One picture in PALETTE COLOR: a dark cyst in the thyroid.",
        "pebbleworth", "", "20260113", "171208", "US NECK",
        "THYROID", "USNECK", "US1", "gp", LEGACY,
        "The accession number is missing. That is legal (type 2), but nothing ties the images to "
        "an order, so the report cannot find them.",
    ),
    Story(
        "knee-ap", "Knee radiograph from the front, half of a split study",
        "A normal knee, the frontal view.",
        "larkwhistle", "LK2600031", "20260114", "142010", "KNEE 2 VIEWS",
        "KNEE AP", "CRKNEE", "CR1", "gp", LEGACY,
        "Split study: one order and one accession number, but the modality gave each view its own "
        "Study Instance UID, so the archive shows two studies.",
    ),
    Story(
        "knee-lateral", "Knee radiograph from the side, the other half",
        "The same knee, the lateral view.",
        "larkwhistle", "LK2600031", "20260114", "142355", "KNEE 2 VIEWS",
        "KNEE LAT", "CRKNEE", "CR1", "gp", LEGACY,
        "Split study: see knee-ap.",
    ),
    Story(
        "cr-wrist", "Wrist radiograph with a ruined name",
        "A normal wrist. The patient's name reads GrÃ¼nwÃ¤ldchen.",
        "gruenwaeldchen-lakeside", "LK2600028", "20260113", "113047", "WRIST PA",
        "WRIST", "CRWRIST", "CR1", "gp", LEGACY,
        "Wrong character set: the text was written in UTF-8 while Specific Character Set says "
        "ISO_IR 100, so every reader that obeys the standard shows the wrong name.",
    ),
    Story(
        "ct-no-spacing", "One CT slice without its geometry",
        "A slice through the chest, as a teaching program exported it.",
        "wobblethwaite", "NG2600092", "20260109", "164501", "CT chest with contrast",
        "TEACHING FILE", "CTCHEST", "CT1", "chest", (),
        "Pixel Spacing, Image Position and Image Orientation are missing, though CT requires them "
        "(type 1, PS3.3 C.7.6.2): nothing can be measured on it.",
    ),
]  # fmt: skip


def story(slug: str) -> Story:
    """Return the study called `slug`."""
    return next(s for s in STORIES if s.slug == slug)
