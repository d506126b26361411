"""When it started: a FHIR dateTime that invents nothing.

Study Date, Study Time, and a zone that may be in the header, at the site, or nowhere.
"""

import re
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import header

_REFERENCE = """
    def started(ds, site_zone=None):
        day = datetime.strptime(ds.StudyDate, "%Y%m%d")
        time = str(ds.get("StudyTime", ""))
        offset = ds.get("TimezoneOffsetFromUTC", "")
        if len(time) < 6 or not (offset or site_zone):
            return day.date().isoformat()
        moment = datetime.strptime(ds.StudyDate + time[:6], "%Y%m%d%H%M%S")
        if offset:
            zone = datetime.strptime(offset, "%z").tzinfo
        else:
            zone = ZoneInfo(site_zone)
        return moment.replace(tzinfo=zone).isoformat()
"""

EXERCISE = Exercise(
    given="""
        from datetime import datetime
        from zoneinfo import ZoneInfo
    """,
    blank="""
        def started(ds, site_zone=None):
            ...  # a FHIR dateTime as text; site_zone is None or a name such as "Europe/Rome"
    """,
    answer="started",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        FHIR takes a time only with a zone (R4 datatypes, dateTime). The header's own (0008,0201)
        is first (PS3.3 C.12.1.1.8), then what the site says, and where both are silent the date
        is all that is true. A zone is not an offset: Rome is one hour east of Greenwich in
        January and two in July, so the site file has a name of the IANA database, and the date
        decides. ImagingStudy's official mapping does not mention (0008,0201), and three known
        converters print a time that FHIR forbids, or a Z that nobody knows.
    """,
    hints=(
        "Three questions: is there a time, is there an offset in the header, is there a zone of "
        "the site? Without a time, or without both of the others, return the date.",
        'datetime.strptime("+0530", "%z").tzinfo reads an offset; ZoneInfo("Europe/Rome") is a '
        "zone; moment.replace(tzinfo=zone).isoformat() writes both as FHIR wants them.",
        "The header's offset goes before the site's zone. StudyTime may be empty, which is legal: "
        "it is type 2.",
    ),
    wrong=(
        Wrong(
            "always-z",
            """
            def started(ds, site_zone=None):
                day = datetime.strptime(ds.StudyDate, "%Y%m%d").date().isoformat()
                time = str(ds.get("StudyTime", ""))
                if not time:
                    return day
                return f"{day}T{time[:2]}:{time[2:4]}:{time[4:6]}Z"
            """,
            """You wrote Z, which says UTC. Nobody said so. A study at 23:30 in Rome then lies
            on the next day of every list.""",
        ),
        Wrong(
            "no-zone",
            """
            def started(ds, site_zone=None):
                day = datetime.strptime(ds.StudyDate, "%Y%m%d").date().isoformat()
                time = str(ds.get("StudyTime", ""))
                if not time:
                    return day
                return f"{day}T{time[:2]}:{time[2:4]}:{time[4:6]}"
            """,
            """A time without a zone: a FHIR server answers 422. Either a zone is known, or the
            date stands alone.""",
        ),
        Wrong(
            "site-first",
            _REFERENCE.replace("if offset:", "if offset and not site_zone:"),
            """The site's zone won over the header's own (0008,0201). The header knows where this
            study was made; the site file is for headers that do not say.""",
        ),
        Wrong(
            "fixed-offset",
            _REFERENCE.replace("ZoneInfo(site_zone)", 'datetime.strptime("+0100", "%z").tzinfo'),
            """One offset for all of the year. Rome is at +01:00 in winter and at +02:00 in
            summer: the zone, together with the date, says which.""",
        ),
        Wrong(
            "date-only",
            """
            def started(ds, site_zone=None):
                return datetime.strptime(ds.StudyDate, "%Y%m%d").date().isoformat()
            """,
            """You gave the date alone, always. That is right where no zone is known. Here one is,
            in the header or at the site, so the time is known too.""",
        ),
        Wrong(
            "no-colon",
            _REFERENCE.replace(".isoformat()\n", ".strftime('%Y-%m-%dT%H:%M:%S%z')\n").replace(
                "day.date().strftime('%Y-%m-%dT%H:%M:%S%z')", "day.date().isoformat()"
            ),
            """The offset has no colon. DICOM writes +0530 (PS3.3 C.12.1.1.8), FHIR +05:30 (R4
            datatypes, dateTime): strftime's %z gives the first, isoformat() the second.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.12.1.1.8"), cite("FHIR R4", "datatypes"))
ROME = "Europe/Rome"
CASES: tuple[tuple[str, dict[str, Any], str | None, set[str]], ...] = (
    ("no zone anywhere", {}, None, {"2026-07-12"}),
    ("the header's offset", {"TimezoneOffsetFromUTC": "+0530"}, None,
     {"2026-07-12T23:30:05+05:30"}),
    ("Rome in July", {}, ROME, {"2026-07-12T23:30:05+02:00"}),
    ("Rome in January", {"StudyDate": "20260112"}, ROME, {"2026-01-12T23:30:05+01:00"}),
    ("an offset in the header, and a site in Rome", {"TimezoneOffsetFromUTC": "-0800"}, ROME,
     {"2026-07-12T23:30:05-08:00"}),
    ("an empty Study Time", {"StudyTime": ""}, ROME, {"2026-07-12"}),
    ("no Study Time", {"StudyTime": None, "TimezoneOffsetFromUTC": "+0100"}, None,
     {"2026-07-12"}),
    ("a fraction of a second", {"StudyTime": "233005.25"}, ROME,
     {"2026-07-12T23:30:05+02:00", "2026-07-12T23:30:05.25+02:00",
      "2026-07-12T23:30:05.250000+02:00"}),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with headers that the learner has not seen."""
    for what, elements, zone, right in CASES:
        got = work.call(header(**elements), zone)
        if got is None or got is ...:
            return blank()
        if got not in right:
            return failed(expected=f"{min(right)} for {what}", got=got, rule=RULE,
                          mistake=_mistake(str(got), what))  # fmt: skip
    return passed("Right with a zone in the header, at the site, and nowhere.", rule=RULE)


def _mistake(got: str, what: str) -> str:
    if re.search(r"T.*[+-]\d{4}$", got):
        return "no-colon"
    if got in ("2026-07-12", "2026-01-12"):
        return "date-only"
    if got.endswith("Z"):
        return "always-z"
    if (
        "T" in got
        and got.rsplit("T")[-1].count(":") == 2
        and "+" not in got
        and "-" not in got[11:]
    ):
        return "no-zone"
    if "site" in what and got.endswith("+02:00"):
        return "site-first"
    return "fixed-offset" if what == "Rome in July" and got.endswith("+01:00") else ""
