"""From a key object selection to the URL of each image.

The evidence says which series, and where; the content tree does not.
"""

from collections.abc import Callable, Mapping
from typing import Any

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import SITE

_KNOWN = {"2.25.2026102.4": "https://lakeside.example/rs"}

EXERCISE = Exercise(
    given=SITE,
    blank="""
    def addresses(kos, known):
        # kos: a pydicom data set. known: Retrieve Location UID -> base of its DICOMweb service.
        # Return {SOP Instance UID: URL of the instance, by WADO-RS}. A series may have a Retrieve
        # URL (a base, with or without a slash at its end), or a Retrieve Location UID alone.
        ...
    """,
    answer="addresses",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
    def addresses(kos, known):
        found = {}
        for study in kos.CurrentRequestedProcedureEvidenceSequence:
            for series in study.ReferencedSeriesSequence:
                base = series.get("RetrieveURL") or known[series.RetrieveLocationUID]
                start = f"{base.rstrip('/')}/studies/{study.StudyInstanceUID}"
                for one in series.ReferencedSOPSequence:
                    uid = one.ReferencedSOPInstanceUID
                    found[uid] = f"{start}/series/{series.SeriesInstanceUID}/instances/{uid}"
        return found
    """,
    explanation="""
        Current Requested Procedure Evidence Sequence (0040,A375) is a tree of study, series and
        instance, and where a series can be had stands in its item. Under XDS-I.b and MADO a
        Retrieve URL is a base: you add /studies and the rest yourself. A Retrieve Location UID is
        a name, not an address; which service it is, your site has to know.
    """,
    hints=(
        "Look at kos.CurrentRequestedProcedureEvidenceSequence: study, series, instances.",
        "Each item of ReferencedSeriesSequence has its own RetrieveURL or RetrieveLocationUID.",
        "base.rstrip('/') + /studies/…/series/…/instances/…, the base from known[…] where there "
        "is no RetrieveURL.",
    ),
    wrong=(
        Wrong(
            "first-place-for-all",
            """
            def addresses(kos, known):
                (study,) = kos.CurrentRequestedProcedureEvidenceSequence
                base = study.ReferencedSeriesSequence[0].RetrieveURL.rstrip("/")
                start = f"{base}/studies/{study.StudyInstanceUID}/series/"
                return {one.ReferencedSOPInstanceUID:
                        f"{start}{s.SeriesInstanceUID}/instances/{one.ReferencedSOPInstanceUID}"
                        for s in study.ReferencedSeriesSequence for one in s.ReferencedSOPSequence}
            """,
            """You took the place of the first series for all. A study can lie in two archives:
            each series says where it is, and the other archive answers 404 for yours.""",
        ),
        Wrong(
            "two-slashes",
            """
            def addresses(kos, known):
                found = {}
                for study in kos.CurrentRequestedProcedureEvidenceSequence:
                    for series in study.ReferencedSeriesSequence:
                        base = series.get("RetrieveURL") or known[series.RetrieveLocationUID]
                        start = f"{base}/studies/{study.StudyInstanceUID}/series/"
                        for one in series.ReferencedSOPSequence:
                            uid = one.ReferencedSOPInstanceUID
                            found[uid] = f"{start}{series.SeriesInstanceUID}/instances/{uid}"
                return found
            """,
            """A base may end with a slash (IHE's own sample manifests do), and then your URL has
            two: rs//studies. Some servers forgive it, others answer 404.""",
        ),
        Wrong(
            "series-of-the-manifest",
            """
            def addresses(kos, known):
                found = {}
                for study in kos.CurrentRequestedProcedureEvidenceSequence:
                    for series in study.ReferencedSeriesSequence:
                        base = series.get("RetrieveURL") or known[series.RetrieveLocationUID]
                        start = f"{base.rstrip('/')}/studies/{study.StudyInstanceUID}/series/"
                        for one in series.ReferencedSOPSequence:
                            uid = one.ReferencedSOPInstanceUID
                            found[uid] = f"{start}{kos.SeriesInstanceUID}/instances/{uid}"
                return found
            """,
            """You took the Series Instance UID of the manifest. It is a document in a series of its
            own; the images' series is in the item of Referenced Series Sequence.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.17.2.1"), cite("PS3.18", "10.4"))


def check(work: Work) -> Verdict:
    """Give it a study that lies in two places."""
    kos, wanted = _two_places()
    got = work.call(kos, dict(_KNOWN))
    if got in (None, ...):
        return blank("It returns no address yet.")
    if not isinstance(got, Mapping):
        return failed(expected="a dict of URLs by SOP Instance UID", got=got, rule=RULE)
    said = {str(uid): str(url) for uid, url in got.items()}
    if said == wanted:
        return passed(f"{len(said)} addresses of a study that lies in two archives.", rule=RULE)
    wrong = [uid for uid in wanted if said.get(uid) != wanted[uid]]
    uid = wrong[0] if wrong else next(iter(set(said) - set(wanted)))
    url = said.get(uid, "nothing")
    mistake = ""
    if "//studies" in url:
        mistake = "two-slashes"
    elif f"/series/{kos.SeriesInstanceUID}/" in url:
        mistake = "series-of-the-manifest"
    elif len(wrong) < len(wanted) and url.startswith("https://images"):
        mistake = "first-place-for-all"
    return failed(expected=wanted.get(uid, "no such instance"), got=url, rule=RULE,
                  mistake=mistake)  # fmt: skip


def _two_places() -> tuple[Any, dict[str, str]]:
    from dataclasses import replace

    from labkit.exchange.manifests import Location, gather, write
    from labkit.exchange.manifests.practice import NOW, URL

    told = gather(sample("mr-brain").datasets(), when=NOW)
    near, far = Location(f"{URL}/"), Location(uid="2.25.2026102.4")
    series = tuple(replace(s, location=near if n == 0 else far) for n, s in enumerate(told.series))
    wanted = {
        instance.uid: f"{URL if n == 0 else _KNOWN[far.uid]}/studies/{told.study_uid}"
        f"/series/{one.uid}/instances/{instance.uid}"
        for n, one in enumerate(series)
        for instance in one.instances
    }
    return write(replace(told, series=series)), wanted
