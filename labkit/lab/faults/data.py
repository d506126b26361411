"""Faults of data: every status is 0000, and what arrives is not what it should be.

A repair has two halves: the cause, and what is in the archive already.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.lab.faults.again import arrives, under_right_patient
from labkit.lab.faults.model import Fault
from labkit.lab.settings import COPIED

_WITHOUT_ACCESSION = [keyword for keyword in COPIED if keyword != "AccessionNumber"]

FAULTS = (
    Fault(
        name="wrong-patient",
        title="images under another patient",
        layer="data",
        level=3,
        complaint="Ms Thistlewick's MR is not in her folder. MR1 says that it is sent.",
        cause="At the console another person was chosen: the images have her order and his name "
        "and ID.",
        look="C-FIND by Study Instance UID or accession number: the study is there, with another "
        "Patient ID. Compare its header with the order.",
        repair="read the images, put patient and ID of the order in their place, withdraw the "
        "wrong ones (lab.withdraw), and send the corrected ones",
        rule=cite("PS3.3", "C.7.1.1"),
        who="MR1",
        again=under_right_patient("MR1"),
        act=lambda world: world.send_wrong("MR1", world.order_of("US2")),
        evidence=(
            r"PatientID=NG-100502[\s\S]*AccessionNumber=NG2600147",
            r"AccessionNumber=NG2600147[\s\S]*PatientID=NG-100502",
        ),
        tries=("find-study",),
    ),
    Fault(
        name="split-study",
        title="one order, two studies",
        layer="data",
        level=3,
        complaint="Half of the MR is missing when the study is opened.",
        cause="MR1 makes Study Instance UIDs of its own in place of that of the worklist: with two "
        "series, the order has two studies.",
        look="C-FIND by accession number gives two Study Instance UIDs, or one that is not the "
        "order's.",
        repair='lab.configure("MR1", study_uid="worklist"), withdraw the stray study, examine '
        "again (or correct the images' Study Instance UID and send them)",
        rule=cite("PS3.4", "K.6.1.2"),
        who="MR1",
        again=arrives("MR1"),
        settings={"MR1": {"study_uid": "own"}},
        act=lambda world: world.send_wrong("MR1"),
        evidence=(
            r"AccessionNumber=NG2600147[\s\S]*StudyInstanceUID=(?!2\.25\.129744680095)",
            r"StudyInstanceUID=(?!2\.25\.129744680095)[\s\S]*AccessionNumber=NG2600147",
        ),
        tries=("find-study",),
    ),
    Fault(
        name="missing-accession",
        title="images without accession number",
        layer="data",
        level=3,
        complaint="The report cannot be linked: the RIS does not see the images.",
        cause="MR1 does not copy Accession Number from the worklist.",
        look="C-FIND by accession number finds nothing, by patient it does; the header has "
        "(0008,0050) empty.",
        repair=f'lab.configure("MR1", copies={list(COPIED)}), withdraw the images without '
        "it, examine again (or correct them and send them)",
        rule=cite("PS3.3", "C.7.2.1"),
        who="MR1",
        again=arrives("MR1"),
        settings={"MR1": {"copies": _WITHOUT_ACCESSION}},
        act=lambda world: world.send_wrong("MR1"),
        evidence=(r"AccessionNumber=(\n|$)",),
        tries=("find-study",),
    ),
    Fault(
        name="wrong-character-set",
        title="a name in another character set than it says",
        layer="data",
        level=3,
        complaint="Mr Kumorizora's echocardiogram is not found by his name, and on the screen the "
        "name is rubbish.",
        cause="US2 writes names in UTF-8 and says ISO_IR 100 in Specific Character Set.",
        look="Compare the bytes of (0010,0010) with (0008,0005).",
        repair='lab.configure("US2", character_set=None), withdraw the images, examine again (or '
        "correct them and send them)",
        rule=cite("PS3.3", "C.12.1.1.2"),
        who="US2",
        again=arrives("US2"),
        settings={"US2": {"character_set": "ISO_IR 100"}},
        act=lambda world: world.send_wrong("US2"),
        evidence=(r"SpecificCharacterSet=ISO_IR 100[\s\S]*PatientName=Kumorizora",),
        tries=("find-study",),
    ),
    Fault(
        name="clock-ahead",
        title="the modality's clock is a day ahead",
        layer="data",
        level=3,
        complaint="Today's MR is not in today's list.",
        cause="MR1's clock is a day ahead: Study Date is tomorrow.",
        look="C-FIND by today's date finds nothing, by accession number it does. Compare Study "
        "Date with the date of the order.",
        repair='lab.configure("MR1", clock_minutes=0), withdraw the images, examine again (or '
        "correct their dates and send them)",
        rule=cite("PS3.3", "C.7.2.1"),
        who="MR1",
        again=arrives("MR1"),
        settings={"MR1": {"clock_minutes": 1440}},
        act=lambda world: world.send_wrong("MR1"),
        evidence=(r"StudyDate=20260117",),
        tries=("find-study",),
    ),
)
