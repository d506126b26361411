"""Ask before the scanner deletes.

Storage commitment, and the part of its answer that is a no.
"""

from collections.abc import Iterable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges
from labkit.exercises.intermediate.nb03_modality_workflow._before import GIVEN

_BEGIN = """
        mark = lab.mark()
        images = ct("NG-100231", "Quillfeather^Tobias", 3)
        sent = store(lab.archive, images[:2])            # the third was lost on the way
"""
_REFERENCE = """
        report = commitment(images)
        may_go = report.committed
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # ask ARCHIVE for storage commitment of all three images
        may_go = ...  # SOP Instance UIDs of those that the scanner may delete
    """,
    answer="may_go",
    expects=Iterable,
    reference=_BEGIN + _REFERENCE,
    explanation="""
        Two answers come. The status of the N-ACTION says that the request was taken. Whether
        the archive has the objects, and takes responsibility for them, stands in the
        N-EVENT-REPORT, one by one: here two in Referenced SOP Sequence, and one in Failed SOP
        Sequence with reason 0112, no such object instance (PS3.4 J.3.3; PS3.3 C.14.1.1). A scanner
        that deletes by age, or by the N-ACTION's 0000, loses the third image.
    """,
    hints=(
        "commitment(images), of the cell above, sends the N-ACTION and waits for the report.",
        "Look at the result's committed and failed.",
        "may_go = commitment(images).committed",
    ),
    wrong=(
        Wrong(
            "trusted-the-action",
            _BEGIN
            + """
        report = commitment(images)
        may_go = [ds.SOPInstanceUID for ds in images] if report.status.code == 0 else []
""",
            """You took the N-ACTION's 0000 for a yes. It says that the request has come
            (PS3.4 J.3.2). The third image is nowhere, and now it may be deleted.""",
        ),
        Wrong(
            "not-asked",
            _BEGIN + "        may_go = [item.SOPInstanceUID for item in sent.stored]\n",
            """You went by the status of C-STORE. It says that an object was stored at that
            moment; it promises nothing about keeping it. Ask for commitment.""",
        ),
        Wrong(
            "asked-for-two",
            _BEGIN
            + """
        report = commitment(images[:2])
        may_go = report.committed
""",
            """You asked for two of three. The answer is right, and nobody has noticed that one
            image is missing: ask for what was made, not for what was sent.""",
        ),
        Wrong(
            "the-failed-ones",
            _BEGIN
            + """
        report = commitment(images)
        may_go = [uid for uid, reason in report.failed]
""",
            """These are the ones that ARCHIVE does not have. Delete them and they are gone.""",
        ),
    ),
)

RULE = cite("PS3.4", "J.3.3")


def check(work: Work) -> Verdict:
    """Compare with what was made and stored, and with the N-ACTION on the wire."""
    images = [str(ds.SOPInstanceUID) for ds in work.namespace.get("images") or []]
    got = {str(getattr(item, "SOPInstanceUID", item)) for item in work.answer}
    expected = "the two that ARCHIVE has committed to, after a request for all three"
    asked = exchanges(work, "ARCHIVE", "N-ACTION")
    words = f"{len(got & set(images))} of the images, after {len(asked)} requests"
    if not asked:
        return failed(expected=expected, got=words, rule=RULE, mistake="not-asked")
    keys = asked[-1].request.data_set
    named = {
        str(item.ReferencedSOPInstanceUID)
        for item in (keys.get("ReferencedSOPSequence") or [] if keys else [])
    }
    if named != set(images):
        few = named < set(images)
        return failed(expected=expected, got=f"a request for {len(named)} objects", rule=RULE,
                      mistake="asked-for-two" if few else "")  # fmt: skip
    if got == set(images):
        return failed(expected=expected, got=words, rule=RULE, mistake="trusted-the-action")
    if got != set(images[:2]):
        mistake = "the-failed-ones" if got == {images[2]} else ""
        return failed(expected=expected, got=words, rule=RULE, mistake=mistake)
    return passed("Two may go; the third is to be sent again.", rule=RULE)
