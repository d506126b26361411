"""Who exists in the secure lab: organisations, people, devices, studies, and what patients said.

The patients are those of the open lab. What is added ties images to people and people to sites, so
that a policy can find out whose study it is, where somebody works, and what the patient agreed to.
All ids are fixed: lessons and tests name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydicom import dcmread

from labkit.dicom import samples
from labkit.dicom.samples import SampleOrder, SamplePatient, SampleStudy
from labkit.fhir.mapping import Site, StudyBuilder
from labkit.lab import stories
from labkit.lab.nodes import LAKESIDE, NORTH

Resource = dict[str, Any]

CITY = "City Hospital"
ORGANIZATIONS: Mapping[str, str] = {
    "north-general": NORTH,
    "lakeside": LAKESIDE,
    "city": CITY,
}
"""Id to name. City Hospital has no image here and treats nobody: it only asks."""
PRACTITIONERS: Mapping[str, tuple[str, str]] = {
    "rowanberry": ("Rowanberry^Agatha^^Dr", "north-general"),
    "fennimuckle": ("Fennimuckle^Oswin^^Dr", "north-general"),
    "drizzlecomb": ("Drizzlecomb^Petra^^Dr", "north-general"),
    "lanternwick": ("Lanternwick^Edmunda^^Dr", "north-general"),
    "parsnipper": ("Parsnipper^Leopold^^Dr", "lakeside"),
    "chen": ("Chen^Willa^^Dr", "city"),
}
"""Id to name (PN) and the organisation they work for; all but the last are in the images too."""
STATIONS: Mapping[str, str] = {
    "ARCHIVE": "north-general",
    "WORKSTN": "north-general",
    "WORKLIST": "north-general",
    "MR1": "north-general",
    "LEARNER": "north-general",
    "LEGACY": "lakeside",
    "ROUTER": "lakeside",
    "PROXY": "lakeside",
    "US1": "lakeside",
    "US2": "north-general",
}
"""AE title to the organisation that runs it."""
STEWARD = "Device/registrar"
"""Who may write Consent resources over FHIR, beside the patient: the consent registry."""
DENIES: Mapping[str, str] = {"thistlewick": "lakeside"}
"""Patient to the organisation that may not see her data, at whichever site they are."""
WRITTEN = "2026-01-05T09:00:00+00:00"
_CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_LOINC = "http://loinc.org"
_POLICY = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ISSUERS = {"NORTHGEN": NORTH, "LAKESIDE": LAKESIDE}


def resources() -> list[Resource]:
    """Make everything, in an order in which each reference leads to what is there already."""
    people = {person.slug: person for person in samples.patients()}
    return [
        *organizations(),
        *practitioners(),
        *devices(),
        *patients(people.values()),
        *imaging_studies(samples.studies()),
        *registered(samples.orders(), people.values()),
        *(consent(person) for person in people.values()),
    ]


def actors(ae_title: str) -> frozenset[str]:
    """Return the references by which a Consent may name a station; none for another title."""
    if ae_title not in STATIONS:
        return frozenset()
    return frozenset({f"Organization/{STATIONS[ae_title]}", f"Device/{ae_title.lower()}"})


def organizations() -> list[Resource]:
    """Make the sites."""
    return [
        {"resourceType": "Organization", "id": id_, "active": True, "name": name}
        for id_, name in ORGANIZATIONS.items()
    ]


def practitioners() -> list[Resource]:
    """Make the physicians, and for each the role that ties them to a site."""
    found: list[Resource] = []
    for id_, (name, site) in PRACTITIONERS.items():
        found.append(
            {
                "resourceType": "Practitioner",
                "id": id_,
                "active": True,
                "name": list(stories.human_names(name)),
            }
        )
        found.append(
            {
                "resourceType": "PractitionerRole",
                "id": id_,
                "active": True,
                "practitioner": {"reference": f"Practitioner/{id_}"},
                "organization": {"reference": f"Organization/{site}"},
            }
        )
    return found


def devices() -> list[Resource]:
    """Make one Device for each application entity."""
    return [
        {
            "resourceType": "Device",
            "id": title.lower(),
            "status": "active",
            "deviceName": [{"name": title, "type": "user-friendly-name"}],
            "owner": {"reference": f"Organization/{site}"},
        }
        for title, site in STATIONS.items()
    ]


def patients(people: Iterable[SamplePatient]) -> list[Resource]:
    """Make the Patients of the open lab again, with the site as a reference."""
    ids = {name: id_ for id_, name in ORGANIZATIONS.items()}
    found = []
    for resource in stories.patients(people):
        site = resource["managingOrganization"]["display"]
        link = {"reference": f"Organization/{ids[site]}", "display": site}
        found.append({**resource, "managingOrganization": link})
    return found


def imaging_studies(studies: Iterable[SampleStudy]) -> list[Resource]:
    """Make one ImagingStudy for each sample study, by the mapping that notebook 03 explains.

    Those that no archive holds yet are there too: an order's images are known before they come.
    """
    systems = {issuer: stories.system_of(name) for issuer, name in _ISSUERS.items()}
    site = Site(issuer=systems, policy={"Device": "logical"})  # modalities are not all in the story
    builder = StudyBuilder(site=site)
    known = {study.study_uid: study for study in studies}
    for study in known.values():
        for path in study.files:
            builder.add(dcmread(path, stop_before_pixels=True), path.name)
    found = {mapped.uid: mapped.imaging_study for mapped in builder.studies()}
    return [_placed(found[uid], study) for uid, study in known.items()]


def registered(orders: Iterable[SampleOrder], people: Iterable[SamplePatient]) -> list[Resource]:
    """Make the ImagingStudy of each order whose images are still to be made.

    The status says that there is nothing yet. Without it nobody could say whose the images are.
    """
    slugs = {(person.patient_id, person.issuer): person.slug for person in people}
    found = []
    for order in orders:
        ds = order.dataset()
        if order.study:  # that of a sample study, which is there already
            continue
        owner = slugs[str(ds.PatientID), str(ds.IssuerOfPatientID)]
        found.append(
            {
                "resourceType": "ImagingStudy",
                "id": order.slug,
                "identifier": [
                    {"system": "urn:dicom:uid", "value": f"urn:oid:{ds.StudyInstanceUID}"}
                ],
                "status": "registered",
                "subject": {"reference": f"Patient/{owner}"},
            }
        )
    return found


def _placed(mapped: Resource, study: SampleStudy) -> Resource:
    """Give a mapped study its fixed id, and the Patient that it is known to be about."""
    kept = {key: value for key, value in mapped.items() if key not in ("endpoint", "contained")}
    subject = {"reference": f"Patient/{study.patient}"}
    return {**kept, "id": study.slug, "subject": subject}


def consent(person: SamplePatient) -> Resource:
    """Make what a patient agreed to: for treatment and for themselves, and nothing else.

    The base rule denies; what the provision permits is the exception, and what is denied inside it
    the exception from that.
    """
    ids = {name: id_ for id_, name in ORGANIZATIONS.items()}
    denied = DENIES.get(person.slug, "")
    provision: Resource = {
        "type": "permit",
        "purpose": [{"system": _REASON, "code": code} for code in ("TREAT", "PATRQT")],
    }
    if denied:
        actor = {
            "role": {"coding": [{"system": _ROLE, "code": "IRCP"}]},
            "reference": {"reference": f"Organization/{denied}"},
        }
        provision["provision"] = [{"type": "deny", "actor": [actor]}]
    return {
        "resourceType": "Consent",
        "id": person.slug,
        "status": "active",
        "scope": {"coding": [{"system": _CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": _LOINC, "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{person.slug}"},
        "dateTime": WRITTEN,
        "performer": [{"reference": f"Patient/{person.slug}"}],
        "organization": [{"reference": f"Organization/{ids[person.site]}"}],
        "policyRule": {"coding": [{"system": _POLICY, "code": "OPTOUT"}]},
        "provision": provision,
    }
