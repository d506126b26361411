"""Send one slice as the CT scanner does, with pynetdicom.

What is inside every ``storescu``: AE, presentation context, association, C-STORE, release.
"""

from __future__ import annotations

from pydicom.uid import UID

from labkit.common import cite
from labkit.dimse import AssociationTrace, decode_messages, decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb07_send._sent import uids_of
from labkit.exercises.evidence import exchanges, traces

EXERCISE = Exercise(
    given="""
        from pydicom import dcmread
        from pynetdicom import AE
        from pynetdicom.sop_class import CTImageStorage
    """,
    blank="""
        mark = lab.mark()
        ds = dcmread(lab.sample("ct-head-followup").files[0])

        # 1. an AE that calls itself CT1       4. send ds
        # 2. ask for CT Image Storage          5. release the association
        # 3. associate with lab.archive
        ...
    """,
    reference="""
        mark = lab.mark()
        ds = dcmread(lab.sample("ct-head-followup").files[0])

        ae = AE(ae_title="CT1")
        ae.add_requested_context(CTImageStorage)
        assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title=lab.archive.ae_title)
        if assoc.is_established:
            status = assoc.send_c_store(ds)
            assoc.release()
    """,
    explanation="""
        Two AE titles are in play: AE(ae_title=…) is who you are, associate(ae_title=…) whom you
        want. add_requested_context() without transfer syntaxes proposes pynetdicom's four
        uncompressed ones; for a JPEG object you would name its syntax as second argument.
        associate() does not raise when it is refused, so the test of is_established is not a matter
        of style. And the release is the good-bye that tells the other side that you got your
        answers: an abort means that something went wrong, and it is logged as that.
    """,
    hints=(
        "The cell above this one does almost the same, with a C-ECHO. Two things change: the "
        "service that is asked for, and the message that is sent.",
        'Your own title goes into AE(ae_title="CT1"), the archive\'s into ae.associate(…, '
        "ae_title=lab.archive.ae_title).",
        "ae.add_requested_context(CTImageStorage) before ae.associate(…), then "
        "assoc.send_c_store(ds), and assoc.release() at the end.",
    ),
    wrong=(
        Wrong(
            "swapped-titles",
            """
            mark = lab.mark()
            ds = dcmread(lab.sample("ct-head-followup").files[0])
            ae = AE(ae_title="ARCHIVE")
            ae.add_requested_context(CTImageStorage)
            assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title="CT1")
            """,
            """You called yourself ARCHIVE and asked for CT1. Calling is who speaks, called is who
            is wanted. The archive does not go by the name CT1, so it rejected the association.""",
        ),
        Wrong(
            "default-title",
            """
            mark = lab.mark()
            ds = dcmread(lab.sample("ct-head-followup").files[0])
            ae = AE()
            ae.add_requested_context(CTImageStorage)
            assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title="ARCHIVE")
            assoc.send_c_store(ds)
            assoc.release()
            """,
            """The slice arrived, but under another name than CT1. An archive that knows its
            modalities by their AE titles would have refused it, and in the log nobody can tell
            which scanner sent it.""",
        ),
        Wrong(
            "not-released",
            """
            mark = lab.mark()
            ds = dcmread(lab.sample("ct-head-followup").files[0])
            ae = AE(ae_title="CT1")
            ae.add_requested_context(CTImageStorage)
            assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title="ARCHIVE")
            assoc.send_c_store(ds)
            assoc.abort()
            """,
            """The slice is stored, and the association did not end with a release. An archive has
            only so many associations: a sender that leaves them open, or aborts them, is soon the
            one that gets rejected.""",
        ),
        Wrong(
            "another-class",
            """
            mark = lab.mark()
            from pynetdicom.sop_class import MRImageStorage
            ds = dcmread(lab.sample("ct-head-followup").files[0])
            ae = AE(ae_title="CT1")
            ae.add_requested_context(MRImageStorage)
            assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title="ARCHIVE")
            try:
                assoc.send_c_store(ds)
            except ValueError as error:
                print(error)
            assoc.release()
            """,
            """The association was accepted, and no C-STORE went over it. You did not ask for CT
            Image Storage, so no presentation context fits a CT slice: what is not negotiated at the
            beginning cannot be said later.""",
        ),
    ),
)

RULES = (cite("PS3.8", "7.1"), cite("PS3.4", "B.2"))
EXPECTED = "ARCHIVE has recorded a C-STORE of that slice by CT1, and the release after it"


def check(work: Work) -> Verdict:
    """Look at the associations that ARCHIVE recorded since the mark."""
    wanted = uids_of(work.lab.sample("ct-head-followup"))
    good = [
        each
        for each in exchanges(work, "ARCHIVE", "C-STORE")
        if each.sop_instance_uid in wanted and each.status == 0x0000
    ]
    by_ct1 = [each for each in good if each.trace.requestor.ae_title == "CT1"]
    if any(each.trace.end == "released" for each in by_ct1):
        return passed("CT1 sent the slice, ARCHIVE answered Success, CT1 released.", rule=RULES)
    if by_ct1:
        got = f"the C-STORE, and an association that is {by_ct1[-1].trace.end}"
        return failed(expected=EXPECTED, got=got, rule=RULES, mistake="not-released")
    if good:
        got = f"a C-STORE of it by {good[-1].trace.requestor.ae_title}"
        return failed(expected=EXPECTED, got=got, rule=RULES, mistake="default-title")
    own = [name for name in work.lab.nodes if name != "ARCHIVE"]
    seen = [t for t in traces(work, "ARCHIVE", caller="") if t.requestor.ae_title not in own]
    return _no_store(seen[-1]) if seen else blank()


def _no_store(trace: AssociationTrace) -> Verdict:
    """Say what the last association did instead."""
    agreed = decode_negotiation(trace)
    if trace.end == "rejected":
        swapped = agreed.calling == "ARCHIVE"
        return failed(
            expected=EXPECTED,
            got=f"an association from {agreed.calling} to {agreed.called}, which was rejected",
            rule=cite("PS3.8", "9.3.4"),
            mistake="swapped-titles" if swapped else "",
        )
    proposed = ", ".join(sorted({UID(c.abstract_syntax).name for c in agreed.contexts}))
    spoken = [message for message in decode_messages(trace) if message.name == "C-STORE-RQ"]
    return failed(
        expected=EXPECTED,
        got=f"a C-STORE of something else by {agreed.calling}"
        if spoken
        else f"an association from {agreed.calling} that proposed {proposed}, and no C-STORE",
        rule=cite("PS3.8", "9.3.2.2"),
        mistake="" if spoken or "CT Image Storage" in proposed else "another-class",
    )
