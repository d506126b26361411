"""Catch a file whose label and content differ.

File Meta Information repeats two UIDs of the data set, and the two must be the same (PS3.10 7.1).
"""

import copy
from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, generate_uid

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    blank="""
        def meta_agrees(ds):
            ...  # return True where ds.file_meta names the class and the instance that ds is
    """,
    answer="meta_agrees",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def meta_agrees(ds):
            meta = ds.file_meta
            return (
                meta.MediaStorageSOPClassUID == ds.SOPClassUID
                and meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
            )
    """,
    explanation="""
        (0002,0002) identifies the SOP class of the data set that follows, (0002,0003) its SOP
        instance (PS3.10 7.1). A sender that trusts the label proposes one class and sends
        another; an archive that trusts the label files the object under the wrong UID. They drift
        apart when a program changes the data set and writes the old group 0002 back. In pydicom,
        save_as(..., enforce_file_format=True) writes both from the data set. The transfer syntax
        has no such partner: it stands in group 0002 alone.
    """,
    hints=(
        "Print ds.file_meta. Two of its UIDs have a partner in the data set.",
        "The partners are Media Storage SOP Class UID and SOP Class UID, Media Storage SOP "
        "Instance UID and SOP Instance UID. The first of each pair is read from ds.file_meta.",
        "Compare ds.file_meta.MediaStorageSOPInstanceUID with ds.SOPInstanceUID, do the same with "
        "the class, and return True only if both are equal.",
    ),
    wrong=(
        Wrong(
            "instance-only",
            """
            def meta_agrees(ds):
                return ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
            """,
            """You compared the instance alone. A file can also lie about its class: ours says CT
            in group 0002 and MR in the data set, and a sender would propose CT Image Storage.""",
        ),
        Wrong(
            "class-only",
            """
            def meta_agrees(ds):
                return ds.file_meta.MediaStorageSOPClassUID == ds.SOPClassUID
            """,
            """You compared the class alone. The commonest lie is about the instance: a copy was
            given a new SOP Instance UID, and group 0002 kept the old one.""",
        ),
        Wrong(
            "asked-the-data-set",
            """
            def meta_agrees(ds):
                return (ds.MediaStorageSOPClassUID == ds.SOPClassUID
                        and ds.MediaStorageSOPInstanceUID == ds.SOPInstanceUID)
            """,
            """Group 0002 is not in the data set. pydicom keeps it apart, as ds.file_meta, because
            in the file too it is a thing of its own, in front of the data set.""",
        ),
    ),
)

RULE = cite("PS3.10", "7.1")


def check(work: Work) -> Verdict:
    """Try it on honest files, and on copies that lie in one way each."""
    ct = work.lab.sample("ct-head").datasets("CT")[0]
    mr = work.lab.sample("mr-brain").datasets("MR")[0]
    try:
        got = work.call(ct)
    except AnswerRaised as error:
        return failed(
            expected="True, for a slice of ct-head as it is",
            got=error.message.split(", when called")[0],
            rule=RULE,
            mistake="asked-the-data-set" if "MediaStorage" in error.message else "",
        )
    if got in (None, ...):
        return blank("Your function returns nothing for a slice of ct-head.")
    cases = {
        "an MR image whose file meta says CT Image Storage": (_lying(mr, "class"), "instance-only"),
        "a CT image with the file meta of another instance": (_lying(ct, "instance"), "class-only"),
    }
    for what, (ds, mistake) in cases.items():
        got = work.call(ds)
        if got not in (False, 0):
            return failed(expected=f"False, for {what}", got=show(got), rule=RULE, mistake=mistake)
    for what, ds in {"a slice of ct-head": ct, "an MR image of mr-brain": mr}.items():
        got = work.call(ds)
        if got not in (True, 1):
            return failed(expected=f"True, for {what} as it is", got=show(got), rule=RULE)
    return passed("It believes the honest, and catches both kinds of lies.", rule=RULE)


def _lying(ds: Dataset, about: str) -> Dataset:
    """Return the same content under a label that is wrong in one way."""
    liar = copy.copy(ds)
    meta = copy.deepcopy(ds.file_meta)  # copies of a data set share their elements
    if about == "class":
        other = CTImageStorage if ds.SOPClassUID == MRImageStorage else MRImageStorage
        meta.MediaStorageSOPClassUID = other
    else:
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[ds.SOPInstanceUID])
    liar.file_meta = meta
    return liar
