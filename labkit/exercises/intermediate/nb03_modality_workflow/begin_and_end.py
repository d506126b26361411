"""Report a step from its beginning to its end.

MPPS by hand: N-CREATE, then the N-SET that says what was made.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges
from labkit.exercises.intermediate.nb03_modality_workflow._before import (
    GIVEN,
    scheduled,
    text_of,
)

_BEGIN = """
        mark = lab.mark()
        n = number()
        lab.send_hl7(order(n))
        item = worklist(lab.worklist, {"AccessionNumber": f"NG{n}"})[0]
        images = ct("NG-100231", "Quillfeather^Tobias", 2)
"""
_CREATE = "        begin = mpps_create(lab.worklist, begun(item))\n"
_END = """
        end, series = Dataset(), Dataset()
        end.PerformedProcedureStepStatus = "COMPLETED"
        end.PerformedProcedureStepEndDate = "20260116"
        end.PerformedProcedureStepEndTime = "104500"
        series.SeriesInstanceUID = images[0].SeriesInstanceUID
        series.ProtocolName, series.RetrieveAETitle = "HEAD", "ARCHIVE"
        series.ReferencedImageSequence = []
        for ds in images:
            reference = Dataset()
            reference.ReferencedSOPClassUID = ds.SOPClassUID
            reference.ReferencedSOPInstanceUID = ds.SOPInstanceUID
            series.ReferencedImageSequence.append(reference)
        end.PerformedSeriesSequence = [series]
"""
_SET = "        done = mpps_set(lab.worklist, begin.SOPInstanceUID, end)\n"

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # 1 N-CREATE the step with begun(item)
        # 2 N-SET it: COMPLETED, ended 2026-01-16 10:45, one series, both images in it
        ...
    """,
    reference=_BEGIN + _CREATE + _END + _SET,
    explanation="""
        The final N-SET is the delivery note: the list of series and images that belong to the step
        (PS3.4 F.7.2.2.2). From it a RIS knows that the examination is over, and a PACS that it has
        everything. The step points to the order by Scheduled Step Attributes Sequence (0040,0270),
        and N-SET may not change that: a step reported for the wrong order is DISCONTINUED, with
        the reason "Incorrect worklist entry selected" (110514, DCM), and another is begun.
    """,
    hints=(
        "mpps_create(lab.worklist, begun(item)) returns the UID that mpps_set needs.",
        "The data set of the N-SET has the status, end date, end time and "
        "PerformedSeriesSequence; an item of it has SeriesInstanceUID, ProtocolName and "
        "ReferencedImageSequence.",
        "Each item of ReferencedImageSequence has ReferencedSOPClassUID and "
        "ReferencedSOPInstanceUID of one image. Then mpps_set(lab.worklist, begin.SOPInstanceUID, "
        "end).",
    ),
    wrong=(
        Wrong(
            "created-completed",
            _BEGIN
            + """
        ds = begun(item)
        ds.PerformedProcedureStepStatus = "COMPLETED"
        begin = mpps_create(lab.worklist, ds)
""",
            """A step cannot be born COMPLETED: N-CREATE takes IN PROGRESS alone, and answers 0106
            to anything else (PS3.4 F.7.2.1.2). There is no step.""",
        ),
        Wrong(
            "no-series",
            _BEGIN + _CREATE + _END.replace("= [series]", "= []") + _SET,
            """The N-SET was refused with 0121: a final state lists the series. The step is still IN
            PROGRESS, and in a real hospital it stays on the RIS's screen until somebody ends
            it by hand.""",
        ),
        Wrong(
            "one-image-missing",
            _BEGIN + _CREATE + _END.replace("for ds in images:", "for ds in images[:1]:") + _SET,
            """The step lists one image and you made two. A PACS that counts by MPPS takes the
            second for a stranger.""",
        ),
        Wrong(
            "never-ended",
            _BEGIN + _CREATE,
            """The step is IN PROGRESS for ever: the N-SET has not come.""",
        ),
    ),
)

RULE = cite("PS3.4", "F.7.2.2.2")


def check(work: Work) -> Verdict:
    """Look at the step that WORKLIST has of this order, and at the list of scheduled ones."""
    created = exchanges(work, "WORKLIST", "N-CREATE")
    if not created:
        return blank("No N-CREATE has come to WORKLIST yet.")
    expected = "a step that is COMPLETED and lists both images"
    accession = f"NG{text_of(work, 'n')}"
    steps = [
        ds for ds in work.lab.received("WORKLIST")
        if any(i.get("AccessionNumber") == accession for i in ds.ScheduledStepAttributesSequence)
    ]  # fmt: skip
    if not steps:
        status = created[-1].status
        mistake = "created-completed" if status is not None and status.code == 0x0106 else ""
        return failed(expected=expected, got=f"no step of this order; N-CREATE got {status}",
                      rule=RULE, mistake=mistake)  # fmt: skip
    step = steps[-1]
    ends = exchanges(work, "WORKLIST", "N-SET")
    if step.PerformedProcedureStepStatus != "COMPLETED":
        status = ends[-1].status if ends else None
        refused = status is not None and status.code == 0x0121
        mistake = "no-series" if refused else "" if ends else "never-ended"
        got = f"{step.PerformedProcedureStepStatus}; N-SET: {status or 'none'}"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    listed = {
        str(image.ReferencedSOPInstanceUID)
        for series in step.PerformedSeriesSequence
        for image in series.get("ReferencedImageSequence") or []
    }
    made = {str(ds.SOPInstanceUID) for ds in work.namespace.get("images") or []}
    if listed != made:
        few = bool(listed) and listed < made
        return failed(expected=expected, got=f"{len(listed & made)} of {len(made)} are listed",
                      rule=RULE, mistake="one-image-missing" if few else "")  # fmt: skip
    gone = not scheduled(work, accession)
    return passed("COMPLETED, two images listed" + (", and off the worklist." if gone else "."),
                  rule=RULE)  # fmt: skip
