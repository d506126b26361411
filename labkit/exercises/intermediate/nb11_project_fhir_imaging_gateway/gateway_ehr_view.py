"""Gateway 6: what the EHR sees.

The project as a whole: all of the archive, published through a restart, and found by a client.
"""

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import (
    IMPORTS,
    IN_ARCHIVE,
    MAP,
    POWER_CUT,
    PUBLISH,
    READ,
    SYNC,
    faults_of,
    people,
)
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway.gateway_survive import SURVIVE

_RUN = """
    survive(power_cut(at=12), {}, "20260112-20260114")
    lab.start_node("ARCHIVE")
"""
_ASK = """
    def images_of(number):
        found, url = {}, f"{base}/ImagingStudy"
        params = {"patient.identifier": f"https://north-general.example/patient-id|{number}",
                  "_count": "1"}
        while url:
            answer = requests.get(url, params=params, timeout=30).json()
            for entry in answer.get("entry", []):
                study = entry["resource"]
                for name in study["identifier"]:
                    if name.get("type", {}).get("coding", [{}])[0].get("code") == "ACSN":
                        found[name["value"]] = study["numberOfInstances"]
            links = {link["relation"]: link["url"] for link in answer["link"]}
            url, params = links.get("next"), None
        return found
    record = images_of("NG-100457")
"""

EXERCISE = Exercise(
    given=IMPORTS + READ + MAP + PUBLISH + SYNC + POWER_CUT + SURVIVE,
    blank="""
    def images_of(number):
        ...  # {accession number: instances} of a patient of North General, in pages of one
        return {}
    ...      # publish 12 to 14 January, through power_cut(at=12)
    record = images_of("NG-100457")
    """,
    answer="record",
    expects=dict,
    reference=_RUN + _ASK,
    explanation="""
        A client knows the number and its system, not the server's ids, so it asks by
        patient.identifier, a chained search. A server gives its answer in pages, and the size of a
        page is the server's to choose: the next page is where link next says, and there is no more
        when no such link is there (FHIR R4 http, paging). What the EHR has now can be
        compared with the archive, study by study: that is the acceptance test of a gateway.
    """,
    hints=(
        "Publish first, with survive. Then ask as an EHR does, which has never heard of ARCHIVE.",
        "GET ImagingStudy with patient.identifier=system|number and _count=1. How many pages are "
        "there, and where does the server say so?",
        "Follow the link whose relation is next until there is none; take the identifier with type "
        "ACSN and numberOfInstances of each study.",
    ),
    wrong=(
        Wrong(
            "first-page",
            _RUN + _ASK.replace('links.get("next")', "None"),
            """You read the first page. The patient has more studies, and the server said where
            they are: link next.""",
        ),
        Wrong(
            "one-day",
            (_RUN + _ASK).replace('"20260112-20260114"', '"20260112"'),
            """You published one day. The patient's studies of the other days are in the archive
            and not in the EHR.""",
        ),
        Wrong(
            "counted-series",
            _RUN + _ASK.replace('study["numberOfInstances"]', 'study["numberOfSeries"]'),
            """You counted series. The EHR is to show how many images there are to look at.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "search"))


def check(work: Work) -> Verdict:
    """Compare the whole EHR with the archive, then the learner's view of one patient."""
    found = [faults_of(work, slug) for slug in IN_ARCHIVE]
    bad = [(words, kind) for words, kind in found if words]
    if len(bad) == len(found) and not work.answer:
        return blank("The EHR has none of the studies.")
    if bad:
        names, some = {kind for _, kind in bad}, len(bad) < len(found)
        return failed(expected=f"{len(found)} studies once, whole, under their patients",
                      got="; ".join(words for words, _ in bad[:3]), rule=RULE,
                      mistake="one-day" if names == {"missing"} and some else "")  # fmt: skip
    if people(work) > 0:
        return failed(expected="each of these patients once",
                      rule=RULE, got=f"{people(work)} more with their numbers")  # fmt: skip
    if not work.answer:  # published by the steps before: nothing has been read yet
        return blank("The EHR has all studies; images_of returns none of them yet.")
    right: dict[str, int] = {}
    series: dict[str, int] = {}
    for slug in ("dx-chest", "ct-chest", "pt-chest"):
        headers = sample(slug).datasets()
        right[headers[0].AccessionNumber] = len(headers)
        series[headers[0].AccessionNumber] = len({ds.SeriesInstanceUID for ds in headers})
    got = {str(key): value for key, value in work.answer.items()}
    if got == right:
        return passed("Eight studies through a restart; three of them hers, over three pages.",
                      rule=RULE)  # fmt: skip
    mistake = "counted-series" if got == series else ""
    if len(got) < len(right) and got.items() <= right.items():
        mistake = "first-page"
    return failed(expected=right, got=got, rule=RULE, mistake=mistake)
