"""What is worth fetching before the patient comes?

An order is on the list for tomorrow. Choose the priors that are to be there when it is read.
"""

from __future__ import annotations

from dataclasses import replace

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.network import Located, Network
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import IMPORTS, filled, styled

_CHOOSE = """
    def worth(modality, at, found):
        there = {each.study for each in found if each.site == at}
        new = [each for each in found if each.study not in there]
        same = [each for each in new if modality in each.modalities] or new
        newest = sorted(same, key=lambda each: each.date, reverse=True)
        return list(dict.fromkeys(each.study for each in newest))[:2]
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # worth(modality, at, found) returns a list of Study Instance UIDs: at most two, newest first.
    # found is what network.find() gave: .study, .site, .date, .modalities of each.
    # Studies with the modality of the order come alone; only where there are none, take others.
    # What is at the site already is not fetched, and no study is named twice.
    def worth(modality, at, found):
        ...
    """,
    answer="worth",
    reference=_CHOOSE,
    explanation="""
        A prior that comes while the radiologist waits is a prior that is not read. But everything
        of everybody for tomorrow fills the line and the cache in the night, and pushes out what was
        fetched for the day after. Relevance is the rule: modality here, body region and procedure
        codes in a real one.
    """,
    hints=(
        "A study at two sites is twice in `found`: once with site == at, perhaps.",
        "First the set of what is there, then the list without these, then the modality.",
        "same = [...] or new; sorted(..., key=lambda each: each.date, reverse=True)[:2]",
    ),
    wrong=(
        Wrong(
            "everything",
            """
    def worth(modality, at, found):
        there = {each.study for each in found if each.site == at}
        newest = sorted(found, key=lambda each: each.date, reverse=True)
        return list(dict.fromkeys(each.study for each in newest if each.study not in there))
""",
            """All that the patient ever had comes over the line, for one order. At four hundred
            orders a day that is the night, and the cache.""",
        ),
        Wrong(
            "fetched-again",
            """
    def worth(modality, at, found):
        new = [each for each in found if each.site != at]
        same = [each for each in new if modality in each.modalities] or new
        newest = sorted(same, key=lambda each: each.date, reverse=True)
        return list(dict.fromkeys(each.study for each in newest))[:2]
""",
            """A study that is here is also elsewhere, and from there it was taken again: leave out
            the study, not the row.""",
        ),
        Wrong(
            "oldest-first",
            _CHOOSE.replace(", reverse=True", ""),
            """The two oldest came. A comparison is with the newest, and what is cut off is the
            one that was needed.""",
        ),
    ),
)

RULE = cite("PS3.18", "10.6")


def _located(study: str, site: str, date: str, *modalities: str) -> Located:
    return Located(study, site, "1", date, "", modalities)


def check(work: Work) -> Verdict:
    """Choose among rows that are made up, then fetch for real."""
    found = [
        _located("1.1", "north", "20200101", "CT"),
        _located("1.2", "north", "20220101", "CT", "SR"),
        _located("1.3", "north", "20210101", "CT"), _located("1.4", "north", "20250101", "MR"),
        _located("1.5", "north", "20240101", "CT"), _located("1.5", "lakeside", "20240101", "CT"),
        _located("1.3", "harbour", "20210101", "CT"),
        _located("1.2", "harbour", "20220101", "CT", "SR"),
    ]  # fmt: skip
    got = work.call("CT", "lakeside", found)
    if got in (None, ...):
        return blank()
    wanted = ["1.2", "1.3"]
    if not isinstance(got, (list, tuple)):
        return failed(expected=wanted, got=got, rule=RULE, why="A list, since its order counts.")
    got = list(got)
    if got == ["1.2", "1.2"]:
        return failed(expected=wanted, got=got, rule=RULE,
                      why="One study at two sites is two rows, and one prior.")  # fmt: skip
    if got != wanted:
        mistake = "everything" if len(got) > 2 else "fetched-again" if "1.5" in got else ""
        mistake = mistake or ("oldest-first" if got[:1] == ["1.1"] else "")
        return failed(expected=wanted, got=got, rule=RULE, mistake=mistake)
    other = list(work.call("US", "lakeside", found) or ())
    if other != ["1.4", "1.2"]:
        return failed(expected=["1.4", "1.2"], got=other, rule=RULE,
                      why="There is no US: then the two newest of any kind.")  # fmt: skip
    design = filled(styled("three_federated"), north="ct-head", harbour="mr-brain")
    sites = tuple(replace(site, keep=5) for site in design.sites)
    with Network(design.changed(sites=sites)) as network:
        head = sample("ct-head")
        rows = network.find(at="lakeside", patient=head.patient_id)
        for uid in work.call("CT", "lakeside", rows) or ():
            network.fetch(at="lakeside", study=str(uid))
        local = network.fetch(at="lakeside", study=head.study_uid).local
        brain = "lakeside" in network.holders(sample("mr-brain").study_uid)
    if not local or brain:
        return failed(
            expected="the CT at lakeside, and no MR", got=f"CT {local}, MR {brain}", rule=RULE
        )
    return passed("The CT was there before it was wanted, and nothing else came.", rule=RULE)
