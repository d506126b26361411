"""The log of a façade: one line of JSON an event, on standard output.

::

    {"time": "2026-01-15T08:00:00.123+00:00", "level": "info", "event": "request", "id": 17,
     "client": "ai-platform", "method": "GET", "path": "/dicom-web/studies/1.2/metadata",
     "query": ["includefield"], "status": 200, "seconds": 0.41, "bytes": 5321, "cache": "miss",
     "pacs": ["LEGACY"]}

It names clients, UIDs and AE titles. Values of the query, which name patients, stay out, and so
does whatever else a client puts into a path that is no UID and no word of DICOMweb.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO
from urllib.parse import parse_qsl

from pydicom.datadict import tag_for_keyword

from labkit.pacs.log import now

_SEGMENT = re.compile(
    r"[0-9][0-9.,]{0,255}|[0-9A-Fa-f]{8}|studies|series|instances|metadata|frames|rendered|thumbnail"
    r"|bulkdata|dicom-web|wado|health|ready|metrics|openapi\.json|"
)
_PARAMETERS = frozenset(
    {
        "accept", "annotation", "anonymize", "charset", "columns", "contentType", "frameNumber",
        "fuzzymatching", "iccprofile", "imageQuality", "includefield", "limit", "objectUID",
        "offset", "quality", "requestType", "rows", "seriesUID", "studyUID", "transferSyntax",
        "viewport", "window", "windowCenter", "windowWidth",
    }
)  # fmt: skip


class Journal:
    """Writes the lines; may be used from many threads.

    Parameters
    ----------
    out
        Where to; by default standard output.
    clock
        Gives the time of day.
    """

    def __init__(self, out: TextIO | None = None, clock: Callable[[], datetime] = now) -> None:
        self._out = out or sys.stdout
        self._clock = clock
        self._lock = threading.Lock()

    def write(self, level: str, event: str, **facts: Any) -> None:
        """Add a line; a standard output that is gone is no reason to stop serving."""
        time = self._clock().isoformat("T", "milliseconds")
        line = json.dumps({"time": time, "level": level, "event": event, **facts})
        with self._lock:
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except (OSError, ValueError):
                return


class JsonHandler(logging.Handler):
    """Carries what libraries log into the journal, so that every line is JSON.

    A message may hold anything that a client or a PACS has sent, so only its kind and place come
    through; of our own work with the PACS the text too, which names AE titles and statuses.
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        facts: dict[str, Any] = {"logger": record.name, "where": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[0] is not None:
            facts["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                name = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
                facts["raised_at"] = f"{name}:{trace.tb_lineno}"
        if record.name.startswith("labkit.dicomweb.proxy"):
            facts["message"] = record.getMessage()
        self._journal.write(record.levelname.lower(), "message", **facts)


def clean_path(path: str) -> str:
    """Return a path with ``*`` for each part that might be somebody's name."""
    return "/".join(part if _SEGMENT.fullmatch(part) else "*" for part in path.split("/"))


def clean_query(query: str) -> list[str]:
    """Return the names of the parameters of a query, without values; ``*`` for unknown names."""
    names = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))
    return list(dict.fromkeys(name if _is_known(name) else "*" for name in names))


def _is_known(name: str) -> bool:
    return name in _PARAMETERS or all(
        re.fullmatch(r"[0-9A-Fa-f]{8}", part) or tag_for_keyword(part) is not None
        for part in name.split(".")
    )
