"""Faults of configuration: the association is fine, and what is agreed on does not happen."""

from __future__ import annotations

from labkit.common import cite
from labkit.lab.faults.again import arrives, opens, same_as_sent
from labkit.lab.faults.model import Fault
from labkit.lab.settings import COPIED

_WITHOUT_ACCESSION = [keyword for keyword in COPIED if keyword != "AccessionNumber"]

FAULTS = (
    Fault(
        name="storage-full",
        title="the PACS has no room left",
        layer="configuration",
        level=1,
        complaint="Since last night every image of MR1 fails with A700.",
        cause="The archive's storage is full.",
        look="Status A700 (out of resources), and the archive's log says 'no space left'.",
        repair='make room: lab.configure("ARCHIVE", room=None)',
        rule=cite("PS3.4", "B.2.3"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"room": 1000}},
        evidence=(r"A700", r"no space left"),
    ),
    Fault(
        name="a700-without-full-disk",
        title="A700, and the disk is not full",
        layer="configuration",
        level=2,
        complaint="MR1 gets A700. IT has checked the disk three times: it is half empty.",
        cause="The archive wants an accession number in each object, and MR1 does not copy it from "
        "the worklist. Many products answer A700 to anything that goes wrong while they store.",
        look="Read the archive's log, not the status: it names the attribute that is missing. Then "
        "look at the header of an image.",
        repair=f'lab.configure("MR1", copies={list(COPIED)}); or '
        'lab.configure("ARCHIVE", required=[])',
        rule=cite("PS3.4", "B.2.3"),
        who="MR1",
        again=same_as_sent("MR1"),
        settings={
            "ARCHIVE": {"required": ["AccessionNumber"]},
            "MR1": {"copies": _WITHOUT_ACCESSION},
        },
        evidence=(r"required attributes are missing",),
        tries=("store",),
    ),
    Fault(
        name="duplicate-discarded",
        title="new images under old UIDs are discarded with a success",
        layer="configuration",
        level=3,
        complaint="MR1 says all is sent. The PACS shows last week's pictures.",
        cause="MR1 gives its images the same SOP Instance UIDs at each examination. The archive "
        "holds them already, answers 0000, and discards what comes.",
        look="Status 0000 and 'already stored' for images that were made a minute ago. Compare "
        "what was sent with what the archive holds: same UID, other content.",
        repair='lab.configure("MR1", sop_uids="new"), and examine again',
        rule=cite("PS3.5", "9"),
        who="MR1",
        again=same_as_sent("MR1"),
        settings={"ARCHIVE": {"duplicates": "discard"}, "MR1": {"sop_uids": "fixed"}},
        act=lambda world: world.examine("MR1", times=2),
        evidence=(r"already stored",),
        tries=(),
    ),
    Fault(
        name="destination-unknown",
        title="the PACS does not know the workstation",
        layer="configuration",
        level=1,
        complaint="The workstation finds studies, and cannot open one.",
        cause="WORKSTN is missing in the archive's table of C-MOVE destinations. A C-MOVE names an "
        "AE title only; the archive has to know its address.",
        look="C-MOVE ends with A801 (Orthanc 1.12.7 says C000). The archive's log lists the "
        "destinations that it knows.",
        repair="lab.add_node(lab.workstn), or labkit nodes add WORKSTN HOST PORT",
        rule=cite("PS3.4", "C.4.2.1.5"),
        who="WORKSTN",
        again=opens("NG2600106"),
        act=lambda world: world.floor.unlist("WORKSTN"),
        evidence=(r"A801", r"C-MOVE.*C000", r"destination WORKSTN is unknown"),
        tries=("move",),
    ),
    Fault(
        name="attributes-coerced",
        title="the PACS overwrites an attribute of what it stores",
        layer="configuration",
        level=3,
        complaint="All MR examinations have the same description in the PACS. At the console they "
        "are right.",
        cause="A rule in the archive overwrites Study Description in each object.",
        look="C-STORE ends with warning B000, coercion of data elements, which nobody reads. "
        "Compare the header as sent with the header as held.",
        repair='lab.configure("ARCHIVE", coerce={})',
        rule=cite("PS3.4", "B.2.3"),
        who="MR1",
        again=same_as_sent("MR1"),
        settings={"ARCHIVE": {"coerce": {"StudyDescription": "MR STANDARD"}}},
        evidence=(r"B000", r"coerced", r"MR STANDARD"),
    ),
    Fault(
        name="worklist-empty",
        title="the worklist lists the station under another name",
        layer="configuration",
        level=1,
        complaint="MR1's worklist is empty. The order is in the RIS.",
        cause="The RIS schedules for station MR2, and MR1 asks for its own AE title.",
        look="The worklist answers 0000 with no match. Take the keys away one by one: with none, "
        "the step is there, under another Scheduled Station AE Title.",
        repair='lab.configure("WORKLIST", stations={}); or lab.configure("MR1", station="MR2")',
        rule=cite("PS3.4", "K.6.1.2"),
        who="MR1",
        again=arrives("MR1"),
        settings={"WORKLIST": {"stations": {"MR1": "MR2"}}},
        evidence=(r"0 match", r"0 scheduled for MR1", r"MR2"),
        tries=("worklist",),
    ),
    Fault(
        name="commitment-unanswered",
        title="the report of storage commitment never comes",
        layer="configuration",
        level=2,
        complaint="MR1's disk fills up: it deletes nothing, since nothing is committed.",
        cause="The archive reports on a new association to the address that it has for MR1, and "
        "that is an old one.",
        look="N-ACTION 0000, and no N-EVENT-REPORT. The archive's log: no association with MR1.",
        repair='lab.remove_node("MR1"): without an address, the archive reports on the same '
        "association; or register the right address",
        rule=cite("PS3.4", "J.3.3"),
        who="MR1",
        again=arrives("MR1"),
        settings={"MR1": {"commitment": True}},
        act=lambda world: world.redirect("MR1", world.closed_port),
        evidence=(r"no N-EVENT-REPORT", r"N-EVENT-REPORT"),
        tries=(),
        not_with=("orthanc",),  # it aborts where it has no address that answers
    ),
    Fault(
        name="router-without-rule",
        title="the router takes images and forwards them nowhere",
        layer="configuration",
        level=2,
        complaint="Lakeside says that all is sent. At North General nothing arrives.",
        cause="ROUTER has no rule any more that forwards to ARCHIVE. It answers 0000 to whoever "
        "sends.",
        look="C-STORE at the router is 0000; its log shows nothing forwarded; a C-FIND at ARCHIVE "
        "finds nothing.",
        repair='lab.configure("ROUTER", forward_to=["ARCHIVE"]), and send again',
        rule=cite("PS3.4", "B.2.3"),
        who="US1",
        again=arrives("US1"),
        settings={"ROUTER": {"forward_to": []}},
        act=lambda world: world.examine("US1"),
        evidence=(r"C-STORE queued", r"ROUTER"),
        tries=("store-router",),
    ),
    Fault(
        name="keys-missing",
        title="the workstation leaves out the keys above",
        layer="configuration",
        level=2,
        complaint="After its update the workstation shows studies and no series.",
        cause="Its queries at series level have no Study Instance UID. A hierarchical query has "
        "the unique key of every level above.",
        look="C-FIND at SERIES ends with A900; Offending Element names (0020,000D).",
        repair='lab.configure("WORKSTN", retrieve_keys="all")',
        rule=cite("PS3.4", "C.4.1.2.1"),
        who="WORKSTN",
        again=opens("NG2600106"),
        settings={"WORKSTN": {"retrieve_keys": "lowest"}},
        evidence=(r"A900", r"is missing"),
        tries=("find-series",),
        not_with=("orthanc",),  # it searches all levels at once, whatever was negotiated
    ),
)
