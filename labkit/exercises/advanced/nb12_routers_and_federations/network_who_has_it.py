"""Who has this study?

Before a study is corrected or deleted, somebody has to know where copies of it are.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.network import Network, example
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import (
    IMPORTS,
    NEW,
    quick,
    said,
)

_ASK = """
    def where(network, at, study):
        found = {}
        for site in network.design.sites:
            try:
                with network.web(at=at, of=site.name) as web:
                    found[site.name] = bool(web.studies(StudyInstanceUID=study))
            except LabkitError:
                found[site.name] = SILENT
        return found
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Write where(network, at, study): a dictionary with every site of network.design.sites.
    # True: it says that it has the study. False: it says that it has not. None: it says nothing.
    # network.web(at=…, of=…) is the DICOMweb service of a site as another reaches it.
    def where(network, at, study):
        ...
    """,
    answer="where",
    reference=_ASK.replace("SILENT", "None"),
    explanation="""
        Nobody keeps a list of copies: not C-STORE, not QIDO-RS, not the registry, which knows where
        a study was registered. Each archive has to be asked. One that does not answer has neither
        said yes nor no, and a list for a deletion has to say so.
    """,
    hints=(
        "find() asks whom the style asks. Here every site is to be asked by itself.",
        "web.studies(StudyInstanceUID=study) is a search (QIDO-RS); an empty list is a no.",
        "A site without power raises NetworkError, which is a LabkitError: catch it for each site "
        "and write None.",
    ),
    wrong=(
        Wrong(
            "asked-the-index",
            """
    def where(network, at, study):
        holders = [each.site for each in network.find(at=at, study=study)]
        return {site.name: site.name in holders for site in network.design.sites}
""",
            """find() asked the centre, which is where this style looks for images. Copies at the
            sites are not known to it, and these are what you were looking for.""",
        ),
        Wrong(
            "silence-is-no",
            _ASK.replace("SILENT", "False"),
            """A site that is down was taken for one that has no copy. It has one, and shows it
            again as soon as it has power.""",
        ),
        Wrong(
            "looked-at-the-disks",
            """
    def where(network, at, study):
        return {site.name: site.name in network.holders(study) for site in network.design.sites}
""",
            """holders() looks at the disks of this machine, which is the lab's own convenience. In
            a region nobody can do that: ask the services.""",
        ),
    ),
)

RULE = cite("PS3.18", "10.6")


def check(work: Work) -> Verdict:
    """Have copies at some sites, one of them down, and call the function."""
    uid = sample(NEW).study_uid
    with Network(quick(example("three_centralised"))) as network:
        network.acquire("north", NEW)
        network.settle()
        network.fetch(at="harbour", study=uid)
        network.kill("harbour")
        wanted = {"centre": True, "north": True, "harbour": None, "lakeside": False}
        got = work.call(network, "north", uid)
    if got in (None, ...):
        return blank()
    if got == wanted:
        return passed("Each site was asked, and the one that is down is no guess.", rule=RULE)
    mistake = ""
    if isinstance(got, dict) and got.get("harbour") is False:
        mistake = "silence-is-no" if got.get("north") else "asked-the-index"
    elif isinstance(got, dict) and got.get("harbour") is True:
        mistake = "looked-at-the-disks"
    return failed(expected=said(wanted), got=said(got), rule=RULE, mistake=mistake)
