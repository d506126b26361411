"""Read a private element wherever its block is.

A private creator reserves a block, and the block need not be the first (PS3.5 7.8.1).
"""

from collections.abc import Callable

from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import real_file
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given="""
        from labkit.dicom import real_file
        from pydicom import dcmread

        ct = dcmread(real_file("CT_small"))
    """,
    blank="""
        def images_in_series(ds):
            ...  # return element 07 of the block GEMS_SERS_01 in group 0025; None if there is none
    """,
    answer="images_in_series",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def images_in_series(ds):
            try:
                block = ds.private_block(0x0025, "GEMS_SERS_01")
            except KeyError:
                return None
            return block[0x07].value if 0x07 in block else None
    """,
    explanation="""
        A private element has no fixed tag. The creator in (0025,0010) reserves (0025,1000) to
        (0025,10FF), a creator in (0025,0011) reserves (0025,1100) to (0025,11FF), and which of
        these a vendor gets depends on what was there before. So the address has three parts: group,
        creator, and the last two digits of the element. private_block() follows it. Software that
        reads (0025,1007) works for years, until a workstation of another vendor has written its own
        block first.
    """,
    hints=(
        "Look for (0025,0010) in the header. What does its value say, and what do the last two "
        "digits of 0010 have to do with (0025,1007)?",
        "pydicom finds the block by its creator: ds.private_block(0x0025, 'GEMS_SERS_01'). It "
        "raises KeyError where there is none.",
        "block = ds.private_block(0x0025, 'GEMS_SERS_01'), then block[0x07].value. Put a try "
        "around the first, with except KeyError: return None.",
    ),
    wrong=(
        Wrong(
            "fixed-tag",
            """
            def images_in_series(ds):
                element = ds.get((0x0025, 0x1007))
                return element.value if element is not None else None
            """,
            """You read the tag (0025,1007) whoever wrote it. In one of our copies another vendor
            has reserved that block, and GE's number stands in (0025,1107).""",
        ),
        Wrong(
            "no-answer-without-the-vendor",
            """
            def images_in_series(ds):
                return ds.private_block(0x0025, "GEMS_SERS_01")[0x07].value
            """,
            """Your function raises where the block, or its element 07, is not there. Most images in
            an archive are from other vendors: answer None for these.""",
        ),
        Wrong(
            "whole-element-number",
            """
            def images_in_series(ds):
                try:
                    return ds.private_block(0x0025, "GEMS_SERS_01")[0x1007].value
                except KeyError:
                    return None
            """,
            """Inside a block an element is named by its last two digits alone: 0x07. The two before
            them are the number of the block, which private_block() has found for you.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.8.1")


def check(work: Work) -> Verdict:
    """Try it on GE's own file, on one where the block has moved, and on files without it."""
    ct = dcmread(real_file("CT_small"))
    wanted = ct.private_block(0x0025, "GEMS_SERS_01")[0x07].value
    try:
        got = work.call(ct)
    except AnswerRaised as error:
        return failed(
            expected=f"{wanted}, for CT_small",
            got=error.message.split(", when called")[0],
            rule=RULE,
            mistake="whole-element-number" if "less than 256" in error.message else "",
        )
    if got in (None, ...):
        return blank("Your function returns nothing for CT_small.")
    if got != wanted:
        return failed(expected=f"{wanted}, for CT_small", got=show(got), rule=RULE)
    got = work.call(_moved(61))
    if got != 61:
        return failed(
            expected="61, for a copy in which NORTHGEN TOOLS has reserved (0025,10xx) before GE",
            got=show(got),
            rule=RULE,
            mistake="fixed-tag" if got == 7 else "",
        )
    return _without(work)


def _without(work: Work) -> Verdict:
    other, bare = Dataset(), Dataset()
    other.private_block(0x0025, "NORTHGEN TOOLS", create=True).add_new(0x07, "SL", 7)
    bare.private_block(0x0025, "GEMS_SERS_01", create=True).add_new(0x06, "SS", 0)
    cases = {
        "the head CT, which has no private element": work.lab.sample("ct-head").datasets("CT")[0],
        "a data set with a block of another vendor alone": other,
        "a data set whose GE block has no element 07": bare,
    }
    for what, ds in cases.items():
        try:
            got = work.call(ds)
        except AnswerRaised as error:
            return failed(
                expected=f"None, for {what}",
                got=error.message.split(", when called")[0],
                rule=RULE,
                mistake="no-answer-without-the-vendor",
            )
        if got is not None:
            mistake = "fixed-tag" if got == 7 else ""
            return failed(expected=f"None, for {what}", got=show(got), rule=RULE, mistake=mistake)
    return passed("It follows the creator, and takes nobody else's number for GE's.", rule=RULE)


def _moved(count: int) -> Dataset:
    """Return a data set in which another vendor has the first block of the group."""
    ds = Dataset()
    ds.private_block(0x0025, "NORTHGEN TOOLS", create=True).add_new(0x07, "SL", 7)
    ds.private_block(0x0025, "GEMS_SERS_01", create=True).add_new(0x07, "SL", count)
    return ds
