"""Faults of the association layer: TCP is fine, and both sides do not agree on a conversation."""

from __future__ import annotations

from pydicom import uid

from labkit.common import cite
from labkit.lab.faults.again import arrives
from labkit.lab.faults.model import Fault

FAULTS = (
    Fault(
        name="wrong-called-title",
        title="the modality calls the PACS by a wrong AE title",
        layer="association",
        level=1,
        complaint="The service engineer has set MR1 up anew. It connects and is refused.",
        cause="MR1 has a typing error in the AE title of its destination: ARCHIV.",
        look="A-ASSOCIATE-RJ 1/1/7. The archive's log says which title was called; letter and case "
        "count.",
        repair='lab.configure("MR1", called="ARCHIVE")',
        rule=cite("PS3.8", "9.3.4"),
        who="MR1",
        again=arrives("MR1"),
        settings={"MR1": {"called": "ARCHIV"}},
        evidence=(r"1/1/7", r"called AE title", r"Called AE Title Not Recogni[sz]ed"),
        tries=("modality",),
    ),
    Fault(
        name="wrong-calling-title",
        title="the PACS does not know the modality's AE title",
        layer="association",
        level=1,
        complaint="After the exchange of its computer, MR1 is refused by the PACS. C-ECHO from the "
        "workstation works.",
        cause="The new computer calls itself MR01. The archive has a list of calling titles, and "
        "MR1 is on it.",
        look="A-ASSOCIATE-RJ 1/1/3. Compare the title in the archive's log with its list.",
        repair='lab.configure("MR1", ae_title="MR1"); or put MR01 on the list: '
        'lab.configure("ARCHIVE", accept_calling=[…])',
        rule=cite("PS3.8", "9.3.4"),
        who="MR1",
        again=arrives("MR1"),
        settings={
            "ARCHIVE": {"accept_calling": ["CT1", "MR1", "US2", "ROUTER", "WORKSTN", "LEARNER"]},
            "MR1": {"ae_title": "MR01"},
        },
        evidence=(r"1/1/3", r"not on my list", r"Calling AE Title Not Recogni[sz]ed"),
        tries=("modality",),
    ),
    Fault(
        name="unknown-address",
        title="the modality has another address than the PACS expects",
        layer="association",
        level=1,
        complaint="The network team moved MR1 into another subnet. Now the PACS refuses it.",
        cause="The archive ties each AE title to an address, and has the old one for MR1.",
        look="A-ASSOCIATE-RJ 1/1/3, as for an unknown title; the archive's log says which "
        "address it expects and which it sees.",
        repair='lab.configure("ARCHIVE", known_hosts={})',
        rule=cite("PS3.8", "9.3.4"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"known_hosts": {"MR1": "10.9.9.9"}}},
        evidence=(r"1/1/3", r"is expected at", r"Calling AE Title Not Recogni[sz]ed"),
        tries=("modality", "echo"),
    ),
    Fault(
        name="store-not-permitted",
        title="the PACS permits the modality C-ECHO and no C-STORE",
        layer="association",
        level=1,
        complaint="MR1's connection test is green. Each image fails.",
        cause="In the archive's table of permissions MR1 may echo only. The archive negotiates the "
        "storage context all the same, and aborts at the C-STORE.",
        look="The association is accepted, and an A-ABORT answers the C-STORE-RQ. Nothing but the "
        "archive's log says why.",
        repair='lab.configure("ARCHIVE", permissions={})',
        rule=cite("PS3.8", "9.3.8"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"permissions": {"MR1": ["echo"]}}},
        evidence=(r"not authorised", r"A-ABORT", r"aborted the association"),
        tries=("echo", "store"),
    ),
    Fault(
        name="class-refused",
        title="the PACS does not offer the SOP class",
        layer="association",
        level=1,
        complaint="The CT's images arrive, the MR's do not.",
        cause="MR Image Storage is not among the SOP classes that the archive takes (a licence, "
        "or a list that nobody has extended).",
        look="The association is accepted, and the presentation context comes back with result 3 "
        "(abstract syntax not supported).",
        repair='lab.configure("ARCHIVE", refused_classes=[])',
        rule=cite("PS3.8", "9.3.3.2"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"refused_classes": ["MRImageStorage"]}},
        evidence=(r"result 3", r"do not offer this SOP class", r"[Nn]o presentation context"),
    ),
    Fault(
        name="syntax-refused",
        title="the PACS does not take the transfer syntax",
        layer="association",
        level=2,
        complaint="The new ultrasound US2 sends nothing but errors; the old one was fine.",
        cause="US2 sends loops in JPEG Baseline, and the archive takes uncompressed images only.",
        look="The presentation context comes back with result 4 (transfer syntaxes not supported). "
        "Look at (0002,0010) of the file.",
        repair='lab.configure("ARCHIVE", transfer_syntaxes=None); or '
        'lab.configure("US2", transfer_syntax="ExplicitVRLittleEndian")',
        rule=cite("PS3.8", "9.3.3.2"),
        who="US2",
        again=arrives("US2"),
        settings={
            "ARCHIVE": {
                "transfer_syntaxes": [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian]
            }
        },
        evidence=(r"result 4", r"none of its transfer syntaxes", r"transfer syntax"),
        tries=("store-us",),
    ),
    Fault(
        name="pdu-too-long",
        title="a gateway aborts at long PDUs",
        layer="association",
        level=2,
        complaint="Since the security gateway was put in, images fail. C-ECHO works.",
        cause="The archive announces a maximum length that the gateway in front of it does not let "
        "through: it aborts at the first P-DATA-TF that is longer than its own limit.",
        look="A-ABORT 2/6 in the middle of the C-STORE, which the archive never sent. Compare the "
        "maximum length of the A-ASSOCIATE-AC with what the gateway allows.",
        repair='lab.configure("ARCHIVE", pdu_limit=None); or have the archive announce less: '
        'lab.configure("ARCHIVE", max_pdu=4096)',
        rule=cite("PS3.8", "9.3.8"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"pdu_limit": 4096}},
        evidence=(r"2/6", r"A-ABORT", r"aborted the association"),
    ),
    Fault(
        name="associations-exhausted",
        title="all associations that the licence allows are taken",
        layer="association",
        level=2,
        complaint="At times MR1 can send, mostly it cannot.",
        cause="The archive serves one association at once, and CT1 holds it open without using it.",
        look="A-ASSOCIATE-RJ 2/3/2: transient, local limit exceeded. The archive's log shows whose "
        "association was accepted and never released.",
        repair='lab.configure("ARCHIVE", max_associations=25); or keep CT1 out: '
        'lab.configure("ARCHIVE", accept_calling=["MR1", "WORKSTN", …])',
        rule=cite("PS3.8", "9.3.4"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"max_associations": 1}},
        lasting=lambda world: world.hold("CT1", "ARCHIVE"),
        evidence=(r"2/3/2", r"local limit", r"[Ll]ocal.limit.exceeded"),
        tries=("echo", "store"),
    ),
)
