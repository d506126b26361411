"""Have the router set a name on the way, and look at what arrived.

The change is recorded: PS3.3 C.12.1.1.9.
"""

import time

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges, since

_GIVEN = """
    from pydicom.uid import generate_uid
    from labkit.dicom import sample
    from labkit.dimse import store
    from labkit.lab.routing import explained

    def new(slug):
        ds = sample(slug).datasets()[0]
        ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        return ds

    lab.start_node("ARCHIVE")
    lab.configure("ROUTER", rules="")
"""
_BEGIN = """
        mark = lab.mark()
        ds = new("knee-ap")
"""
_RULES = '''
        rules = """
        [[rule]]
        name = "Lakeside's X-ray room"
        when.calling = "CR1"
        send = "ARCHIVE"
        set.InstitutionName = "North General at Lakeside"
        """
'''
_FORCE = '        lab.configure("ROUTER", rules=rules)\n'
_SEND = '        store(lab.router, ds, ae_title="CR1")\n'

EXERCISE = Exercise(
    given=_GIVEN,
    blank=_BEGIN
    + """
        # 1 put a rule in force: what CR1 sends goes to ARCHIVE, and on the way its
        #   InstitutionName becomes North General at Lakeside
        # 2 send ds to ROUTER, as CR1
        ...
    """,
    reference=_BEGIN + _RULES + _FORCE + _SEND,
    explanation="""
        The router has written down what it did: Original Attributes Sequence (0400,0561) has an
        item with the former value, the system that changed it (0400,0563), where the former value
        came from (0400,0564), the reason COERCE (0400,0565) and the time (0400,0562). So whoever
        asks in five years why the header and the scanner disagree finds the answer in the object
        (PS3.3 C.12.1.1.9). The SOP Instance UID stays: it is the same image.
    """,
    hints=(
        "when.calling looks at the calling AE title, and set.<Keyword> gives an attribute a value.",
        'lab.configure("ROUTER", rules=text) puts a text in force; explained() only tells.',
        'A rule with when.calling = "CR1", send = "ARCHIVE" and set.InstitutionName = "North '
        'General at Lakeside"; then store(lab.router, ds, ae_title="CR1").',
    ),
    wrong=(
        Wrong(
            "changed-by-hand",
            _BEGIN + '        ds.InstitutionName = "North General at Lakeside"\n' + _SEND,
            """The name is right, and nobody can tell that it was changed: you changed it before
            you sent it. Leave ds as it is, and have the rule do it.""",
        ),
        Wrong(
            "only-dry-run",
            _BEGIN + _RULES + '        print(explained(rules, ds, calling="CR1"))\n' + _SEND,
            """The rule says the right thing and was never in force. explained() tells what rules
            would do; lab.configure puts them in force.""",
        ),
        Wrong(
            "wrong-caller",
            _BEGIN + _RULES + _FORCE + "        store(lab.router, ds)\n",
            """Nothing arrived, although the answer was 0000. You called as LEARNER, your rule is
            for CR1, and what no rule sends is not kept.""",
        ),
        Wrong(
            "past-the-router",
            _BEGIN + _RULES + _FORCE + '        store(lab.archive, ds, ae_title="CR1")\n',
            """You sent straight to ARCHIVE. The rules of a router change what goes through it, and
            nothing else.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.12.1.1.9")
NAME = "North General at Lakeside"
PATIENCE = 5.0
"""Seconds that the router may take to forward."""


def check(work: Work) -> Verdict:
    """Look at what ARCHIVE has got since the mark, and at what it says of its past."""
    expected = f"in ARCHIVE: InstitutionName {NAME!r}, and a record of the change by ROUTER"
    lab, moment = work.lab, since(work)
    routed = bool(_callers(work))
    if not routed and not lab.received("ARCHIVE", since=moment):
        return blank("Nothing has been sent yet.")
    if not routed:
        return failed(expected=expected, got="it did not come by way of ROUTER", rule=RULE,
                      mistake="past-the-router")  # fmt: skip
    ds = _arrived(work)
    if ds is None:
        mistake = "" if "CR1" in _callers(work) else "wrong-caller"
        return failed(expected=expected, got="nothing has arrived in ARCHIVE", rule=RULE,
                      mistake=mistake, why="Read lab.log('ROUTER').")  # fmt: skip
    if ds.get("InstitutionName") != NAME:
        in_force = lab.settings("ROUTER")["rules"]
        return failed(expected=expected, got=f"InstitutionName {ds.get('InstitutionName')!r}",
                      rule=RULE, mistake="" if in_force else "only-dry-run")  # fmt: skip
    records = [
        item for item in ds.get("OriginalAttributesSequence", [])
        if any("InstitutionName" in old for old in item.get("ModifiedAttributesSequence", []))
    ]  # fmt: skip
    if not any(item.get("ModifyingSystem") == "ROUTER" for item in records):
        return failed(expected=expected, got="the name, without a record that it was changed",
                      rule=RULE, mistake="changed-by-hand")  # fmt: skip
    source = records[-1].get("SourceOfPreviousValues", "")
    if source != "CR1":
        return failed(expected="sent by CR1", got=f"sent by {source}", rule=RULE)
    return passed("ARCHIVE has the new name, the old one, and who changed it.", rule=RULE)


def _callers(work: Work) -> set[str]:
    """Who has stored something at ROUTER since the mark."""
    return {sent.trace.requestor.ae_title for sent in exchanges(work, "ROUTER", "C-STORE")}


def _arrived(work: Work) -> Dataset | None:
    """The newest object that ARCHIVE has got since the mark; waits for what is on the way."""
    end = time.monotonic() + PATIENCE
    while True:
        found = work.lab.received("ARCHIVE", since=since(work))
        if found:
            return found[-1]
        lost = "no rule sends" in str(work.lab.log("ROUTER", since=since(work)))
        if lost or time.monotonic() > end:
            return None
        time.sleep(0.05)
