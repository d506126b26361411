"""End a loop: pass each object on once

Three routers send in a ring. Write what one of them has to remember.
"""

from __future__ import annotations

import copy
from typing import Any

from pydicom.uid import generate_uid

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import IMPORTS

_DIGEST = """
    def digest(ds):
        return hashlib.sha256(encoded(ds)).hexdigest()
"""

EXERCISE = Exercise(
    given=IMPORTS + _DIGEST,
    blank="""
    # pass_on(ds, memory) says whether an object is to be passed on: True the first time, False when
    # the same comes again. One that was corrected meanwhile (same UID, other content) is passed on.
    # memory is a dictionary that stays with the router; it must not have more than 1000 entries.
    # digest(ds) is a hash of the whole object.
    def pass_on(ds, memory):
        ...
    """,
    answer="pass_on",
    reference="""
    def pass_on(ds, memory):
        again = memory.get(ds.SOPInstanceUID) == digest(ds)
        memory.pop(ds.SOPInstanceUID, None)
        memory[ds.SOPInstanceUID] = digest(ds)
        while len(memory) > 1000:
            del memory[next(iter(memory))]
        return not again
    """,
    explanation="""
        A C-STORE request has a Message ID, which is new on every association, and nothing that says
        where the object has been. So a router remembers. The key is the SOP Instance UID with the
        content: a UID alone would keep back a correction. The memory has an end, and a loop that is
        longer than it is not seen: that is why an alarm on the queue's rate belongs beside it.
    """,
    hints=(
        "What makes two objects the same: the UID, the content, or both?",
        "memory[uid] = digest: the same object again has the same digest under its UID.",
        "Dictionaries keep the order in which entries came: next(iter(memory)) is the oldest key.",
    ),
    wrong=(
        Wrong(
            "by-study",
            """
    def pass_on(ds, memory):
        again = ds.StudyInstanceUID in memory
        memory[ds.StudyInstanceUID] = True
        while len(memory) > 1000:
            del memory[next(iter(memory))]
        return not again
""",
            """The first image of a study is passed on, and all others are taken for the same again:
            the study arrives with one image.""",
        ),
        Wrong(
            "uid-alone",
            """
    def pass_on(ds, memory):
        again = ds.SOPInstanceUID in memory
        memory[ds.SOPInstanceUID] = True
        while len(memory) > 1000:
            del memory[next(iter(memory))]
        return not again
""",
            """The loop ends, and so do corrections: an object whose patient was corrected has the
            same SOP Instance UID, and stays at this router.""",
        ),
        Wrong(
            "never-forgets",
            """
    def pass_on(ds, memory):
        again = memory.get(ds.SOPInstanceUID) == digest(ds)
        memory[ds.SOPInstanceUID] = digest(ds)
        return not again
""",
            """It is right for a while. At fifty million objects a year the memory is what the
            router dies of, on a Sunday.""",
        ),
    ),
)

RULE = cite("PS3.7", "9.1.1")


def check(work: Work) -> Verdict:
    """Send objects again, corrected, and many."""
    memory: dict[Any, Any] = {}
    first, second = sample("ct-head").datasets("CT")[:2]
    said = [work.call(first, memory)]
    if said[0] in (None, ...):
        return blank()
    said += [work.call(ds, memory) for ds in (second, first, second)]
    corrected = copy.deepcopy(first)
    corrected.PatientName = "Quillfeather^Rosalind"
    said += [work.call(corrected, memory), work.call(corrected, memory)]
    wanted = [True, True, False, False, True, False]
    if [bool(each) for each in said] != wanted:
        mistake = "by-study" if not said[1] else "uid-alone" if not said[4] else ""
        names = "first, second, first again, second again, first corrected, that again"
        return failed(expected=f"{names}: {wanted}", got=said, rule=RULE, mistake=mistake)
    small = copy.copy(first)
    if "PixelData" in small:
        del small.PixelData
    for number in range(1500):
        small.SOPInstanceUID = generate_uid(entropy_srcs=["many", str(number)])
        work.call(small, memory)
    if len(memory) > 1000:
        got = f"{len(memory)} entries after 1500 more objects"
        return failed(expected="at most 1000", got=got, rule=RULE, mistake="never-forgets")
    if work.call(small, memory):
        return failed(expected="the newest is remembered", got="it was forgotten", rule=RULE)
    return passed("The loop ends, corrections go on, and the memory has an end.", rule=RULE)
