"""Names, sexes, and who did what."""

from __future__ import annotations

from benchmarks.golden.headers import code, header, item
from benchmarks.golden.model import Case, has, is_, mentions

_WHO = item(PersonIdentificationCodeSequence=[code("D-77", "99STAFF", "staff number")])
_MACRO = "PS3.3 Table 10-1"
_PN = "PS3.5 6.2.1"
_SEX = "PS3.3 C.7.1.1"

CASES: tuple[Case, ...] = (
    Case(
        "gender", "gender", "M, F, O.", _SEX, lambda: [header(), header(
            study=2, PatientID="NG-2", PatientSex="M"), header(
            study=3, PatientID="NG-3", PatientSex="O")],
        (is_("Patient.gender", "female", "male", "other"),),
    ),
    Case(
        "gender-empty", "gender", "Empty is not unknown: no gender.", "PS3.5 7.4.2",
        lambda: [header(PatientSex="")], (is_("Patient.gender"),),
    ),
    Case(
        "gender-other-code", "gender", "Another letter has no code.", _SEX,
        lambda: [header(PatientSex="X")], (is_("Patient.gender"),),
    ),
    Case(
        "name-parts", "patient name", "Five components, each in its place.", _PN,
        lambda: [header(PatientName="Rossi^Anna^Maria^Dr^PhD")],
        (is_("Patient.name.family", "Rossi"), is_("Patient.name.given", "Anna", "Maria"),
         is_("Patient.name.prefix", "Dr"), is_("Patient.name.suffix", "PhD")),
    ),
    Case(
        "name-groups", "patient name", "Three spellings of one name are three HumanNames.",
        "PS3.5 6.2.1.1",
        lambda: [header(SpecificCharacterSet="ISO_IR 192",
                        PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")],
        (is_("Patient.name.family", "Yamada", "山田", "やまだ"),
         is_("Patient.name.extension.valueCode", "ABC", "IDE", "SYL")),
    ),
    Case(
        "name-carets", "patient name", "Empty components at the end are no difference.", _PN,
        lambda: [header(), header(2, PatientName="Rossi^Anna^^^")],
        (is_("Patient.name.family", "Rossi"),),
    ),
    Case(
        "name-charset", "patient name", "The character set is the header's.",
        "PS3.3 C.12.1.1.2",
        lambda: [header(SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg")],
        (is_("Patient.name.family", "Müller"),),
    ),
    Case(
        "birth-date", "birth date", "29 February of a leap year.", _SEX, lambda: [header()],
        (is_("Patient.birthDate", "1980-02-29"),),
    ),
    Case(
        "birth-date-empty", "birth date", "Type 2 and empty: none.", "PS3.5 7.4.2",
        lambda: [header(PatientBirthDate="")], (is_("Patient.birthDate"),),
    ),
    Case(
        "referrer", "referrer", "The name, for people to read.", "PS3.3 C.7.2.1",
        lambda: [header(ReferringPhysicianName="Bianchi^Carla^^Dr")],
        (mentions("ImagingStudy.referrer.display", "Bianchi", "Carla"),),
    ),
    Case(
        "referrer-identifier", "referrer", "(0008,0096) has the identifier.", _MACRO,
        lambda: [header(ReferringPhysicianName="Bianchi^Carla",
                        ReferringPhysicianIdentificationSequence=[_WHO])],
        (is_("ImagingStudy.referrer.identifier.value", "D-77"),),
    ),
    Case(
        "referrer-created", "referrer", "Two people of one name are not one: by identifier only.",
        _MACRO,
        lambda: [header(ReferringPhysicianName="Bianchi^Carla",
                        ReferringPhysicianIdentificationSequence=[_WHO],
                        OperatorsName="Bianchi^Carla")],
        (is_("Practitioner.identifier.value", "D-77"),),
        site='[policy]\nPractitioner = "create"\n[scheme]\n99STAFF = "https://s.example/staff"\n',
    ),
    Case(
        "interpreter", "interpreter", "(0008,1060), in R4.", "PS3.3 C.7.2.2",
        lambda: [header(NameOfPhysiciansReadingStudy=["Verdi^Luca", "Neri^Pia"])],
        (mentions("ImagingStudy.interpreter.display", "Verdi", "Neri"),),
    ),
    Case(
        "interpreter-r5", "interpreter", "R5 has no such element.", "FHIR R5 imagingstudy",
        lambda: [header(NameOfPhysiciansReadingStudy="Verdi^Luca")],
        (is_("ImagingStudy.interpreter"),), fhir="R5",
    ),
    Case(
        "performer", "performer", "Who performed.", "PS3.3 C.7.3.1",
        lambda: [header(PerformingPhysicianName="Verdi^Luca")],
        (mentions("ImagingStudy.series.performer.actor.display", "Verdi"),
         has("ImagingStudy.series.performer.function.coding.code", "PRF")),
    ),
    Case(
        "operator", "performer", "Who operated.", "PS3.3 C.7.3.1",
        lambda: [header(OperatorsName="Neri^Pia")],
        (mentions("ImagingStudy.series.performer.actor.display", "Neri"),
         has("ImagingStudy.series.performer.function.coding.code", "SPRF")),
    ),
    Case(
        "device", "device", "Maker and serial number identify the equipment.", "PS3.3 C.7.5.1",
        lambda: [header(Manufacturer="ACME", ManufacturerModelName="Cirrus",
                        DeviceSerialNumber="S1", StationName="CT1")],
        (is_("Device.serialNumber", "S1"), is_("Device.manufacturer", "ACME"),
         is_("Device.modelNumber", "Cirrus"), is_("Device.deviceName.name", "CT1")),
    ),
    Case(
        "device-two", "device", "The Device is not that of the first instance.", "PS3.3 C.7.5.1",
        lambda: [header(Manufacturer="ACME", DeviceSerialNumber="S1"),
                 header(series=2, Manufacturer="ACME", DeviceSerialNumber="S2")],
        (is_("Device.serialNumber", "S1", "S2"),),
    ),
    Case(
        "device-unidentified", "device", "A model alone is a kind of device, not one.",
        "PS3.3 C.7.5.1", lambda: [header(Manufacturer="ACME", ManufacturerModelName="Cirrus")],
        (is_("Device.id"),
         mentions("ImagingStudy.series.performer.actor.display", "ACME", "Cirrus")),
    ),
)  # fmt: skip
