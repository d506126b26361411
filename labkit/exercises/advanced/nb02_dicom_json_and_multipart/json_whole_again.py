"""Make a whole data set of metadata and bulk data.

A converter gets metadata from WADO-RS and wants the object, pixels and all, for a program that
knows pydicom and no HTTP.
"""

import base64
from collections.abc import Callable
from typing import Any

from pydicom import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    from pydicom import Dataset

    def whole(match, fetch):
        return Dataset.from_json(match, bulk_data_uri_handler=fetch)
"""

EXERCISE = Exercise(
    given="""
        from pydicom import Dataset
    """,
    blank="""
        from pydicom import Dataset

        def whole(match, fetch):
            ...  # a Dataset of one object of DICOM JSON; fetch(uri) gives the bytes of bulk data
    """,
    answer="whole",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A value can come in three ways: in Value, as base64 in InlineBinary, or behind a
        BulkDataURI that the server made for values it does not want in the JSON (PS3.18 F.2.2,
        F.2.6, F.2.7). The URI may be at any depth, and for numbers and long text too, not only
        for pixels. Without the handler pydicom leaves such an element empty and warns once: the
        file is written, and it has no pixels.
    """,
    hints=(
        "pydicom reads DICOM JSON: Dataset.from_json(match). Compare what comes out with match: "
        "which elements are empty?",
        "from_json has a second parameter, a function that is asked for each BulkDataURI.",
        "Dataset.from_json(match, bulk_data_uri_handler=fetch)",
    ),
    wrong=(
        Wrong(
            "without-bulk-data",
            """
            import warnings

            def whole(match, fetch):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return Dataset.from_json(match)
            """,
            """You left the links unread. pydicom makes an empty element of each and warns; the file
            opens everywhere, and is black.""",
        ),
        Wrong(
            "at-the-top-only",
            """
            import warnings

            def whole(match, fetch):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ds = Dataset.from_json(match)
                for tag, element in match.items():
                    if "BulkDataURI" in element:
                        ds[int(tag, 16)].value = fetch(element["BulkDataURI"])
                return ds
            """,
            """You followed the links at the top of the data set. Items of sequences can have bulk
            data as well: an icon, a lookup table, a waveform.""",
        ),
        Wrong(
            "pixels-only",
            """
            def whole(match, fetch):
                plain = {t: e for t, e in match.items() if "BulkDataURI" not in e}
                ds = Dataset.from_json(plain)
                ds.add_new(0x7FE00010, "OW", fetch(match["7FE00010"]["BulkDataURI"]))
                return ds
            """,
            """You fetched the pixel data and dropped the other links. Any long value may be behind
            one.""",
        ),
    ),
)

RULE = (cite("PS3.18", "F.2.6"), cite("PS3.18", "F.2.7"))
PIXELS, ICON, TABLE = bytes(range(200)), bytes(range(64)), bytes(range(40))


def _metadata() -> dict[str, Any]:
    def link(name: str, vr: str = "OW") -> dict[str, Any]:
        return {"vr": vr, "BulkDataURI": f"http://pacs.example/bulk/{name}"}

    return {
        "00080018": {"vr": "UI", "Value": ["2.25.77"]},
        "00080050": {"vr": "SH"},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田"}]},
        "00281201": link("table"),
        "00420011": {"vr": "OB", "InlineBinary": base64.b64encode(b"%PDF-1.7").decode()},
        "00880200": {"vr": "SQ", "Value": [{"7FE00010": link("icon", "OB")}]},
        "7FE00010": link("pixels"),
    }


def check(work: Work) -> Verdict:
    """Give it bulk data at two depths, and count what it asks for."""
    served = {"pixels": PIXELS, "icon": ICON, "table": TABLE}
    asked: list[str] = []

    def fetch(*said: str) -> bytes:
        asked.append(str(said[-1]).rpartition("/")[2])
        return served[asked[-1]]

    # pydicom takes a handler of one argument, the URI, or of three: tag, VR, URI.
    ds = work.call(_metadata(), lambda uri: fetch(uri))
    if ds in (None, ...):
        return blank()
    if not isinstance(ds, Dataset):
        return failed(expected="a pydicom Dataset", got=ds, rule=RULE)
    expected = "an object with each value: three behind links, one inline, the rest as it is"
    icon = ds[0x00880200].value if 0x00880200 in ds else []
    held = {
        "pixels": _bytes(ds, 0x7FE00010) == PIXELS,
        "table": _bytes(ds, 0x00281201) == TABLE,
        "icon": bool(icon) and _bytes(icon[0], 0x7FE00010) == ICON,
    }
    missing = [name for name, there in held.items() if not there]
    if missing:
        mistake = {
            ("pixels", "table", "icon"): "without-bulk-data",
            ("icon",): "at-the-top-only",
            ("table", "icon"): "pixels-only",
        }.get(tuple(missing), "")
        return failed(expected=expected, got=f"without the {', the '.join(missing)}", rule=RULE,
                      mistake=mistake)  # fmt: skip
    if _bytes(ds, 0x00420011) != b"%PDF-1.7":
        return failed(expected="(0042,0011) decoded from base64", got=ds.get(0x00420011), rule=RULE)
    if str(ds.get("PatientName", "")) != "Yamada^Tarou=山田" or "AccessionNumber" not in ds:
        return failed(expected="the name in two groups, and the empty accession number",
                      got=f"{ds.get('PatientName')}", rule=RULE)  # fmt: skip
    return passed("Whole again: values, base64 and what was behind links.", rule=RULE)


def _bytes(ds: Dataset, tag: int) -> bytes:
    value = ds[tag].value if tag in ds else b""
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""
