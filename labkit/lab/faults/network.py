"""Faults of the network layer: nothing gets through, or not all of it."""

from __future__ import annotations

from labkit.common import cite
from labkit.lab.faults.again import arrives, opens
from labkit.lab.faults.model import Fault

_NO_IMAGES = "MR1 has shown a red cross since this morning, and none of its images are in the PACS."

FAULTS = (
    Fault(
        name="service-down",
        title="the PACS service does not run",
        layer="network",
        level=1,
        complaint=_NO_IMAGES,
        cause="The machine is up and the archive's service is not: its port is closed, and TCP "
        "answers a SYN with RST.",
        look="Ping works, and a connection to the port is refused at once. The archive's own log "
        "ends with 'stopped'.",
        repair='lab.start_node("ARCHIVE")',
        rule="RFC 9293 3.5.2",
        who="MR1",
        again=arrives("MR1"),
        act=lambda world: world.shut_down("ARCHIVE"),
        evidence=(r"nothing listens|[Cc]onnection refused", r"ARCHIVE INFO - stopped"),
    ),
    Fault(
        name="wrong-port",
        title="the modality calls a port where nothing listens",
        layer="network",
        level=1,
        complaint="Since its software update MR1 sends nothing. All the others do.",
        cause="The update put the modality's table of destinations back to the maker's port.",
        look="Others reach the archive and MR1 gets 'connection refused': compare the port in "
        "MR1's table with the archive's. The archive's log shows nothing of MR1.",
        repair='lab.configure("MR1", port=None), or the archive\'s port',
        rule=cite("PS3.8", "9.1"),
        who="MR1",
        again=arrives("MR1"),
        act=lambda world: world.set("MR1", port=world.closed_port),
        evidence=(r"MR1 .*(nothing listens|refused)|nothing listens",),
        tries=("modality",),
    ),
    Fault(
        name="firewall-drops",
        title="a firewall drops connections to the PACS",
        layer="network",
        level=1,
        complaint="MR1 hangs for a while at each send, and then gives up.",
        cause="A firewall in front of the archive discards SYN packets and answers nothing.",
        look="No refusal but silence: the connection times out. Nothing in the archive's log.",
        repair='lab.configure("ARCHIVE", firewall="open")',
        rule="RFC 9293 3.8.3",
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"firewall": "drop"}},
        evidence=(r"timed out|does not answer at the TCP level",),
    ),
    Fault(
        name="service-hangs",
        title="the PACS takes the connection and answers nothing",
        layer="network",
        level=1,
        complaint="MR1 says 'waiting for PACS', for ever.",
        cause="The service hangs. The operating system still completes the TCP handshake for it, "
        "so the port looks open.",
        look="The connection is made, the A-ASSOCIATE-RQ goes out, and no A-ASSOCIATE-AC comes. A "
        "port test is green; a C-ECHO is not.",
        repair='lab.stop_node("ARCHIVE"), then lab.start_node("ARCHIVE")',
        rule=cite("PS3.8", "9.2"),
        who="MR1",
        again=arrives("MR1"),
        act=lambda world: world.floor.hang("ARCHIVE"),
        evidence=(r"no A-ASSOCIATE-AC within", r"A-ASSOCIATE-RQ(?!.*A-ASSOCIATE-AC)"),
    ),
    Fault(
        name="tls-mismatch",
        title="the PACS expects TLS, the modality speaks plain DICOM",
        layer="network",
        level=1,
        complaint="Security hardened the PACS over the weekend. MR1 cannot connect since.",
        cause="The archive's port speaks TLS now. A plain A-ASSOCIATE-RQ is no ClientHello, and it "
        "closes the connection.",
        look="The connection is closed at once after the A-ASSOCIATE-RQ, and the archive's log "
        "says 'TLS handshake failed'.",
        repair='lab.configure("MR1", tls=True); or lab.configure("ARCHIVE", tls=False)',
        rule=cite("PS3.15", "B.12"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"tls": True}},
        evidence=(r"TLS", r"closed the connection while A-ASSOCIATE-AC"),
        tries=("echo", "store"),
    ),
    Fault(
        name="large-packets-lost",
        title="small messages pass, large ones vanish",
        layer="network",
        level=2,
        complaint="C-ECHO from MR1 is green. Its images never arrive.",
        cause="A firewall on the way discards full-size packets and the ICMP message that would "
        "say so (a path MTU black hole): the C-ECHO is small, an image is not.",
        look="The association is there, the C-STORE-RQ begins, and no response comes. C-ECHO and "
        "C-FIND work. The archive's log shows an association and no C-STORE.",
        repair='lab.configure("ARCHIVE", large_packets="pass")',
        rule="RFC 2923 2.1",
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"large_packets": "lose"}, "MR1": {"timeout": 1}},
        evidence=(r"no C-STORE-RSP within", r"C-STORE-RQ(?!.*C-STORE-RSP)"),
        tries=("echo", "store"),
    ),
    Fault(
        name="slow-archive",
        title="the PACS answers after the modality has given up",
        layer="network",
        level=2,
        complaint="MR1 reports an error for each image, and yet they are all in the PACS, some "
        "twice in its log.",
        cause="The archive works on each object for longer than the modality's DIMSE timeout. It "
        "stores the object; nobody is there to hear it.",
        look="The modality's log: no C-STORE-RSP within its timeout. The archive's log: stored, "
        "seconds later, then 'already stored' for the second try.",
        repair='lab.configure("MR1", timeout=10); or make the archive faster: '
        'lab.configure("ARCHIVE", store_seconds=0)',
        rule=cite("PS3.7", "9.1.1"),
        who="MR1",
        again=arrives("MR1"),
        settings={"ARCHIVE": {"store_seconds": 2.5}, "MR1": {"timeout": 1}},
        evidence=(r"no C-STORE-RSP within", r"already stored", r"C-STORE-RQ(?!.*C-STORE-RSP)"),
        tries=("store",),
    ),
    Fault(
        name="move-blocked",
        title="the firewall blocks the PACS's connection to the workstation",
        layer="network",
        level=2,
        complaint="Radiology finds every study in the list, and none will open.",
        cause="C-MOVE sends images on a new association from the archive to the workstation. The "
        "firewall lets the workstation reach the archive, and not the archive the workstation.",
        look="C-FIND works, C-MOVE ends with A702 and all sub-operations failed (Orthanc 1.12.7 "
        "says C000); the archive's log: no association with WORKSTN. The workstation's log has "
        "nothing of it.",
        repair='lab.configure("ARCHIVE", blocked_to=[])',
        rule=cite("PS3.4", "C.4.2.3.1"),
        who="WORKSTN",
        again=opens("NG2600106"),
        settings={"ARCHIVE": {"blocked_to": ["WORKSTN"]}},
        evidence=(r"A702", r"C-MOVE.*C000", r"no association with WORKSTN"),
        tries=("move",),
    ),
)
