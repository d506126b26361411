"""What Lakeside's images do not say.

A manifest leaves the hospital, and its numbers have to mean something outside.
"""

import re

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.dicom import sample
from labkit.exchange.manifests import Maker
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import SITE

_HEAD = """
    maker = Maker(
        institution="Lakeside Clinic", institution_oid="2.25.2026102.1", patient_issuer="LAKESIDE",
        accession_authority="2.25.2026102.2.1", regions={"CHEST": "UPPERTRUNK"},
"""

EXERCISE = Exercise(
    given=SITE,
    blank=_HEAD
    + """
        # Its clocks are one hour ahead of UTC. Patient IDs: LAKESIDE.authority. Its imaging
        # document source is LAKESIDE.images, without a public address.
    )
    """,
    answer="maker",
    expects=Maker,
    reference=_HEAD
    + """
        timezone="+0100", patient_authority=LAKESIDE.authority,
        location=Location(uid=LAKESIDE.images),
    )
    """,
    explanation="""
        "LK-20871 of LAKESIDE" is a word that only Lakeside's PACS understands; the OID of the
        assigning authority makes an identifier of it. MADO wants the zone because two hospitals
        read one list, and a Retrieve Location UID because an address may change and the name of a
        source may not.
    """,
    hints=(
        'Ask what is missing: problems(gather(images, "mado", maker=maker)).',
        "timezone is &ZZXX, as Timezone Offset From UTC (0008,0201) has it: a sign, four digits.",
        'timezone="+0100", patient_authority=LAKESIDE.authority, '
        "location=Location(uid=LAKESIDE.images).",
    ),
    wrong=(
        Wrong(
            "authority-of-north",
            _HEAD
            + """
                timezone="+0100", patient_authority=NORTH.authority,
                location=Location(uid=LAKESIDE.images),
            )
            """,
            """You said that North General issued LK-20871. Outside, that is another number of
            another hospital, and whoever has it there gets Marigold's images.""",
        ),
        Wrong(
            "z-for-a-zone",
            _HEAD
            + """
                timezone="Europe/London", patient_authority=LAKESIDE.authority,
                location=Location(uid=LAKESIDE.images),
            )
            """,
            """(0008,0201) is an offset, such as +0100, not the name of a zone: a reader that
            computes with it gets no time at all.""",
        ),
        Wrong(
            "address-for-a-uid",
            _HEAD
            + """
                timezone="+0100", patient_authority=LAKESIDE.authority,
                location=Location(url="http://10.0.0.17:8042/dicom-web"),
            )
            """,
            """You gave an address inside the clinic's network. Nobody outside reaches it, and MADO
            asks for the Retrieve Location UID, which works whatever the address is.""",
        ),
    ),
)

RULE = (cite("IHE RAD MADO", "6.X.2.5.1.1.3"), cite("IHE RAD MADO", "6.X.2.14"),
        cite("PS3.3", "C.12.1.1.8"))  # fmt: skip


def check(work: Work) -> Verdict:
    """Make a manifest with it, and read that."""
    from labkit.exchange.manifests import build, read
    from labkit.exchange.parties import LAKESIDE

    maker: Maker = work.answer
    if not (maker.timezone or maker.patient_authority or maker.location):
        return blank("The maker does not say anything more yet.")
    if maker.location.url and not maker.location.uid:
        return failed(expected=f"Retrieve Location UID {LAKESIDE.images}", rule=RULE,
                      got=maker.location.url, mistake="address-for-a-uid")  # fmt: skip
    if not re.fullmatch(r"[+-]\d{4}", maker.timezone):
        return failed(expected="+0100", got=maker.timezone, rule=RULE, mistake="z-for-a-zone")
    try:
        told = read(build(sample("cr-chest-prior").datasets(), "mado", maker=maker))
    except LabkitError as error:
        return failed(expected="a manifest with description", got=error.message, rule=RULE)
    who = told.patient.id
    if who is None or who.authority != LAKESIDE.authority:
        got = who.authority if who else "no patient"
        return failed(expected=f"LK-20871 of {LAKESIDE.authority}", got=got, rule=RULE,
                      mistake="authority-of-north")  # fmt: skip
    if told.timezone != "+0100" or told.series[0].location.uid != LAKESIDE.images:
        got = f"{told.timezone} and {told.series[0].location.uid}"
        return failed(expected=f"+0100 and {LAKESIDE.images}", got=got, rule=RULE)
    return passed("LK-20871 means somebody outside now, and the place has a name.", rule=RULE)
