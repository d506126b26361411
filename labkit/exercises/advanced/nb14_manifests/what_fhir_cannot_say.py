"""What comes back from FHIR.

Two forms of one manifest, and each has words that the other lacks.
"""

from collections.abc import Mapping

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import SITE

_ASKED = {
    "Instance Number": "series[0].instances[0].number",
    "Retrieve AE Title": "series[0].location.ae_titles",
    "Retrieve Location UID": "series[0].location.uid",
    "who issued the accession number": "accession.authority",
    "the procedure's code, (DXCHEST, 99LABKIT)": "procedures[0].scheme_designator",
    "the series that the manifest itself is in": "series_uid",
}


def _source(values: str) -> str:
    names = "".join(f'        "{name}": {value},\n'
                    for name, value in zip(_ASKED, values.split(), strict=True))  # fmt: skip
    return "    comes_back = {\n" + names + "    }\n"


EXERCISE = Exercise(
    given=SITE,
    blank="    # Written as FHIR, and read again by somebody else: does it come back?\n"
    + _source("... ... ... ... ... ..."),
    answer="comes_back",
    expects=dict,
    reference=_source("True False True True False False"),
    explanation="""
        Endpoint has connection types for DICOMweb and none for DIMSE, so AE titles have no place.
        The Retrieve Location UID has one: an extension of MADO. A code needs a system that is a
        URI; for the DCM and SNOMED CT schemes HL7 has fixed it, a local scheme is words until the
        two sites agree on one (systems=). A document is in no series. unsaid() finds all this by
        going there and back.
    """,
    hints=(
        "Write one: to_fhir(manifest), and look for each in the JSON.",
        "An AE title is an address for DIMSE. Which Endpoint.connectionType would it be?",
        "unsaid(manifest) lists what does not come back; a code of 99LABKIT has no system.",
    ),
    wrong=(
        Wrong(
            "codes-travel",
            _source("True False True True True False"),
            """A code triple is three values, and FHIR's Coding has a system in place of the
            scheme: a URI that nobody has given 99LABKIT. What arrives is the meaning, as text.""",
        ),
        Wrong(
            "dimse-in-fhir",
            _source("True True True True False False"),
            """R4 has no connection type for DIMSE: an Endpoint says dicom-wado-rs, dicom-qido-rs,
            dicom-stow-rs or dicom-wado-uri. The AE title stays behind.""",
        ),
        Wrong(
            "a-name-is-no-address",
            _source("True False False True False False"),
            """The Retrieve Location UID is not lost: MADO's Endpoint has an extension for it, and
            where there is no address the Endpoint says http://notspecified.""",
        ),
    ),
)

RULE = (cite("IHE RAD MADO", "6.X.3"), cite("FHIR R4", "endpoint"))


def check(work: Work) -> Verdict:
    """Go there and back, and compare."""
    from labkit.exchange.manifests import Maker, gather, unsaid
    from labkit.exchange.manifests.practice import NOW, URL
    from labkit.exchange.parties import NORTH

    said: Mapping[str, object] = work.answer
    if set(said) != set(_ASKED):
        return failed(expected=f"the {len(_ASKED)} names as they stand", got=sorted(said),
                      rule=RULE)  # fmt: skip
    if any(value is ... for value in said.values()):
        return blank("Say True or False for each.")
    for name, value in said.items():
        if not isinstance(value, bool):
            return failed(expected=f"{name}: True or False", got=value, rule=RULE)
    maker = Maker.of(NORTH, url=URL, ae_titles=("ARCHIVE",))
    told = gather(sample("dx-chest").datasets(), "mado", maker=maker, when=NOW)
    gone = {problem.where for problem in unsaid(told)} | {"series_uid"}
    right = {name: not any(_within(where, lost) for lost in gone)
             for name, where in _ASKED.items()}  # fmt: skip
    for name, value in right.items():
        if said[name] is not value:
            mistake = {"the procedure's code, (DXCHEST, 99LABKIT)": "codes-travel",
                       "Retrieve AE Title": "dimse-in-fhir",
                       "Retrieve Location UID": "a-name-is-no-address"}.get(name, "")  # fmt: skip
            return failed(expected=f"{name}: {value}", got=f"{name}: {said[name]}", rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("Three come back, three do not.", rule=RULE)


def _within(where: str, lost: str) -> bool:
    return where == lost or where.startswith((f"{lost}.", f"{lost}["))
