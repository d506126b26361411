"""The description of the service in OpenAPI 3.1, made of the table of routes."""

from __future__ import annotations

import json
import re
from typing import Any

from labkit.common.cite import cite
from labkit.dicomweb.service import Service

_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
_PAGING = {
    "limit": "How many matches at most (8.3.4.4)",
    "offset": "How many matches to skip (8.3.4.4)",
    "includefield": "Attributes to return besides, with commas, or `all` (8.3.4.3)",
    "fuzzymatching": "`true`: names by likeness (8.3.4.2)",
}


def openapi(service: Service) -> bytes:
    """Write it."""
    from labkit.dicomweb.table import ROUTES

    paths = {}
    for path, acts in ROUTES.items():
        methods = {
            method.lower(): _operation(path, method, act.says, act.section)
            for method, act in acts.items()
            if method != "DELETE" or service.deletes
        }
        paths[_PARAMETER.sub(r"{\1}", path)] = methods
    description = {
        "openapi": "3.1.0",
        "info": {"title": "DICOMweb", "version": "PS3.18"},
        "servers": [{"url": service.base_url}],
        "paths": paths,
    }
    return json.dumps(description).encode()


def _operation(path: str, method: str, says: str, section: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]
    if says.startswith("Search"):
        parameters += [
            {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
            for name, text in _PAGING.items()
        ]
    made: dict[str, Any] = {
        "summary": says,
        "parameters": parameters,
        "responses": {
            "default": {"description": "An error: application/problem+json says what to do"},
            "200": {"description": "As asked"},
        },
    }
    if section:
        made["externalDocs"] = {"url": cite("PS3.18", section).url}
    if method == "POST":
        body = {"multipart/related": {"schema": {"type": "string"}}}
        made["requestBody"] = {"required": True, "content": body}
    return made
