"""From the manifest to the images.

A manifest lists what belongs to a study as its source sees it. Get these images by WADO-RS, and no
others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exchange.manifests import read
from labkit.exchange.mhd import MhdClient
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import PUBLISHED, by_uid

SMALLER = "2.25.2026150004"
_RIGHT = """
    def images_of(kos, web):
        return [
            image
            for study, series, instance in read(kos).references
            for image in web.retrieve(study, series, instance.uid)
        ]
"""

EXERCISE = Exercise(
    given=PUBLISHED,
    blank="""
    def images_of(kos, web):
        ...  # the images that the manifest lists, as data sets; web is a DicomwebClient
    """,
    answer="images_of",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The manifest names study, series and instance of each image, and RAD-107 (WADO-RS) gets one
        at a time. Retrieving the whole study is one request instead of many and gets more than was
        published: what was rejected since, and what others have added. Compare the answer with the
        list: what is listed and missing has to be told to somebody.
    """,
    hints=(
        "read(kos) says what is listed: .references gives study, series and instance.",
        "web.retrieve(study, series, instance) yields data sets; how many does it yield of one?",
        "for study, series, instance in read(kos).references: web.retrieve(study, series, "
        "instance.uid)",
    ),
    wrong=(
        Wrong(
            "whole-study",
            """
    def images_of(kos, web):
        return list(web.retrieve(read(kos).study_uid))
""",
            """You fetched the whole study. One image was left out of the manifest on purpose: its
            source took it back, and now it is on a screen.""",
        ),
        Wrong(
            "whole-series",
            """
    def images_of(kos, web):
        manifest = read(kos)
        return [i for s in manifest.series for i in web.retrieve(manifest.study_uid, s.uid)]
""",
            """You fetched each listed series whole. A manifest lists instances: of this series it
            has all but one.""",
        ),
        Wrong(
            "the-manifest-itself",
            """
    def images_of(kos, web):
        import io
        from pydicom import dcmread
        return [dcmread(io.BytesIO(kos))]
""",
            """That is the manifest itself, a Key Object Selection: it refers to images and has
            none.""",
        ),
    ),
)

RULE = (cite("IHE RAD", "RAD-107"), cite("PS3.3", "C.17.6.2"))


def check(work: Work) -> Verdict:
    """Have it fetch by the manifest that leaves one image out."""
    row = by_uid(work.lab, SMALLER)
    if row is None:
        return blank("The manifest is not on the server: run the cells above.")
    kos = MhdClient(work.lab.fhir.url).retrieve(row).content
    manifest = read(kos)
    lab: Any = work.lab
    got = work.call(kos, lab.dicomweb.client())
    if got in (None, ...) or got == []:
        return blank("It gets nothing yet.")
    try:
        got = list(got)
        if not all(isinstance(ds, Dataset) for ds in got):
            raise TypeError("not all of it are data sets")
    except Exception as error:  # no list, or a generator that raises when it is read
        return failed(expected="a list of data sets", got=f"{type(got).__name__}: {error}",
                      rule=RULE)  # fmt: skip
    uids = [str(ds.get("SOPInstanceUID", "")) for ds in got]
    wanted = set(manifest.instance_uids)
    if set(uids) == wanted and len(uids) == len(wanted):
        if any("Rows" in ds and "PixelData" not in ds for ds in got):
            return failed(expected="images", got="data sets without pixels", rule=RULE)
        return passed(f"{len(uids)} images, each of them listed.", rule=RULE)
    if uids == [manifest.uid]:
        return failed(expected=f"{len(wanted)} images", got="the manifest", rule=RULE,
                      mistake="the-manifest-itself")  # fmt: skip
    more = set(uids) - wanted
    series = {str(ds.SeriesInstanceUID) for ds in got if "SeriesInstanceUID" in ds}
    listed = {s.uid for s in manifest.series}
    code = getattr(work.answer, "__code__", None)
    names = code.co_names if code is not None else ()
    mistake = ""
    if more:
        whole = not series <= listed or ("study_uid" in names and "series" not in names)
        mistake = "whole-study" if whole else "whole-series"
    got_text = f"{len(uids)}, of which {len(more)} are not listed"
    return failed(expected=f"the {len(wanted)} that are listed", got=got_text, rule=RULE,
                  mistake=mistake)  # fmt: skip
