"""When: the zone, the fraction, and what is no time at all."""

from __future__ import annotations

from benchmarks.golden.headers import header
from benchmarks.golden.model import Case, count, is_, one_of

_ZONE = "PS3.3 C.12.1.1.8"
_FHIR = "FHIR R4 datatypes.html#dateTime"
_ROME = 'zone = "Europe/Rome"\n'

CASES: tuple[Case, ...] = (
    Case(
        "zone-in-header", "time zone", "(0008,0201) is not in the official table.", _ZONE,
        lambda: [header(TimezoneOffsetFromUTC="+0530")],
        (is_("ImagingStudy.started", "2026-01-12T07:52:18+05:30"),),
    ),
    Case(
        "zone-header-before-site", "time zone", "The header knows better than the site.", _ZONE,
        lambda: [header(TimezoneOffsetFromUTC="-0800")],
        (is_("ImagingStudy.started", "2026-01-12T07:52:18-08:00"),), site=_ROME,
    ),
    Case(
        "zone-none", "time zone",
        "Three READMEs show a time without a zone; one hard-codes Berlin, one raises.", _FHIR,
        lambda: [header()], (is_("ImagingStudy.started", "2026-01-12"),),
    ),
    Case(
        "zone-site-winter", "time zone", "A zone is more than an offset: winter.", _FHIR,
        lambda: [header()], (is_("ImagingStudy.started", "2026-01-12T07:52:18+01:00"),),
        site=_ROME,
    ),
    Case(
        "zone-site-summer", "time zone", "A zone is more than an offset: summer.", _FHIR,
        lambda: [header(StudyDate="20260712")],
        (is_("ImagingStudy.started", "2026-07-12T07:52:18+02:00"),), site=_ROME,
    ),
    Case(
        "zone-minus-zero", "time zone", "-0000 is forbidden, so it is no zone.", _ZONE,
        lambda: [header(TimezoneOffsetFromUTC="-0000")],
        (is_("ImagingStudy.started", "2026-01-12"),),
    ),
    Case(
        "zone-utc", "time zone", "+0000 is UTC, said by the header.", _ZONE,
        lambda: [header(TimezoneOffsetFromUTC="+0000")],
        (one_of("ImagingStudy.started", "2026-01-12T07:52:18+00:00", "2026-01-12T07:52:18Z"),),
    ),
    Case(
        "time-fraction", "time", "The fraction stays as it is.", "PS3.5 6.2, TM",
        lambda: [header(StudyTime="075218.120000", TimezoneOffsetFromUTC="+0100")],
        (one_of("ImagingStudy.started", "2026-01-12T07:52:18.120000+01:00",
                "2026-01-12T07:52:18.120+01:00", "2026-01-12T07:52:18.12+01:00"),),
    ),
    Case(
        "time-without-seconds", "time", "FHIR allows to fill seconds with zero.", _FHIR,
        lambda: [header(StudyTime="0752", TimezoneOffsetFromUTC="+0100")],
        (is_("ImagingStudy.started", "2026-01-12T07:52:00+01:00"),),
    ),
    Case(
        "time-hour-alone", "time", "Minutes are not made up: the date stands alone.", _FHIR,
        lambda: [header(StudyTime="07", TimezoneOffsetFromUTC="+0100")],
        (is_("ImagingStudy.started", "2026-01-12"),),
    ),
    Case(
        "time-empty", "time", "Empty type 2: the date stands alone.", "PS3.5 7.4.2",
        lambda: [header(StudyTime="", TimezoneOffsetFromUTC="+0100")],
        (is_("ImagingStudy.started", "2026-01-12"),),
    ),
    Case(
        "time-without-date", "time", "A time of no day is nothing.", _FHIR,
        lambda: [header(StudyDate="", TimezoneOffsetFromUTC="+0100")],
        (is_("ImagingStudy.started"), count("ImagingStudy.status", 1)),
    ),
    Case(
        "date-impossible", "time", "30 February is left out, and the study goes on.",
        "PS3.5 6.2, DA", lambda: [header(StudyDate="20260230")],
        (is_("ImagingStudy.started"), count("ImagingStudy.status", 1)),
    ),
    Case(
        "date-of-old-files", "time", "ACR-NEMA wrote 2026.01.12.", "PS3.5 6.2, DA",
        lambda: [header(StudyDate="2026.01.12", StudyTime=None)],
        (is_("ImagingStudy.started", "2026-01-12"),),
    ),
    Case(
        "series-started", "time", "A series has a time of its own.", "PS3.3 C.7.3.1",
        lambda: [header(SeriesDate="20260112", SeriesTime="080000",
                        TimezoneOffsetFromUTC="+0100")],
        (is_("ImagingStudy.series.started", "2026-01-12T08:00:00+01:00"),),
    ),
)  # fmt: skip
