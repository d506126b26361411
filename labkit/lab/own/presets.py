"""What an archive is usually called and where it usually is, by product.

These are the vendors' defaults as an installation leaves them; a file's own words come before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "dcm4chee": {
        "archive": {"ae_title": "DCM4CHEE", "port": 11112},
        "dicomweb": {"url": "http://{host}:8080/dcm4chee-arc/aets/{ae_title}/rs"},
        "worklist": {"ae_title": "WORKLIST", "port": 11112},
    },
    "orthanc": {
        "archive": {"ae_title": "ORTHANC", "port": 4242},
        "dicomweb": {"url": "http://{host}:8042/dicom-web"},
    },
}
"""Section → key → value; ``{host}`` and ``{ae_title}`` are the archive's."""


def filled(preset: str, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return `sections` with what they leave out put in; no section is added to those there are."""
    usual = PRESETS.get(preset, {})
    whole = {name: {**usual.get(name, {}), **given} for name, given in sections.items()}
    archive = whole.get("archive", {})
    if "host" in archive and "worklist" in whole:
        whole["worklist"].setdefault("host", archive["host"])
    url = whole.get("dicomweb", {}).get("url")
    if isinstance(url, str) and url == usual.get("dicomweb", {}).get("url"):
        names = {"host": archive.get("host", ""), "ae_title": archive.get("ae_title", "")}
        whole["dicomweb"]["url"] = url.format(**names) if names["host"] else ""
    return whole
