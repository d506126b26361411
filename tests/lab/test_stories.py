from labkit.dicom.samples import patients as cast
from labkit.fhir import validate
from labkit.lab.description import NodeAddress
from labkit.lab.stories import endpoints, patients, system_of

NODE = NodeAddress("ARCHIVE", "127.0.0.1", 11112, "PACS archive", "North General")


def test_every_patient_of_the_cast_is_a_valid_resource() -> None:
    made = patients(cast())
    assert len(made) >= 8
    assert [validate(resource) for resource in made] == [[]] * len(made)
    assert len({resource["id"] for resource in made}) == len(made)


def test_the_same_id_at_two_sites_is_told_apart_by_its_system() -> None:
    pairs = [(i["system"], i["value"]) for p in patients(cast()) for i in p["identifier"]]
    assert len(set(pairs)) == len(pairs)
    assert len({value for _, value in pairs}) < len(pairs)
    assert system_of("North General") == "https://north-general.example/patient-id"


def test_a_name_in_three_ways_is_three_names() -> None:
    haru = next(p for p in patients(cast()) if p["id"] == "kumorizora")
    assert [name["family"] for name in haru["name"]] == ["Kumorizora", "曇空", "くもりぞら"]
    kinds = [n["extension"][0]["valueCode"] for n in haru["name"] if "extension" in n]
    assert kinds == ["IDE", "SYL"]


def test_dates_and_sex_are_those_of_fhir() -> None:
    tobias = next(p for p in patients(cast()) if p["id"] == "quillfeather")
    assert (tobias["birthDate"], tobias["gender"]) == ("1958-03-04", "male")


def test_endpoints_are_valid_and_say_where() -> None:
    (made,) = endpoints({"ARCHIVE": NODE})
    assert made["connectionType"]["code"] == "dimse"
    assert made["address"] == "dicom://127.0.0.1:11112/ARCHIVE"
    assert validate(made) == []
