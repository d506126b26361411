"""Binary: bytes of any kind as a resource, and as themselves (R4 binary.html, http.html#binary)."""

from __future__ import annotations

import base64
import re
from typing import Any

from labkit.fhir.outcome import refuse

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(;[\x20-\x7e]*)?", re.IGNORECASE)


def to_resource(content: bytes, content_type: str, context: str, id_: str) -> dict[str, Any]:
    """Make the resource of bytes that were sent as themselves.

    Parameters
    ----------
    content, content_type
        The body of the request and its media type.
    context
        The header X-Security-Context: a reference to what rules who may see it; or ``""``.
    id_
        The id in the URL of an update, or ``""``.
    """
    if not content:
        raise refuse(400, "required", "the body is empty: there is nothing to keep")
    resource: dict[str, Any] = {"resourceType": "Binary"}
    if id_:
        resource["id"] = id_
    resource["contentType"] = content_type
    if context:
        resource["securityContext"] = {"reference": context}
    return {**resource, "data": base64.b64encode(content).decode("ascii")}


def content_of(resource: dict[str, Any]) -> tuple[bytes, str]:
    """Return the bytes and their media type.

    One that could not be a header becomes ``application/octet-stream``.
    """
    kind = str(resource.get("contentType", ""))
    fits = _MEDIA_TYPE.fullmatch(kind) is not None
    data = "".join(str(resource.get("data", "")).split())
    return base64.b64decode(data), kind if fits else "application/octet-stream"
