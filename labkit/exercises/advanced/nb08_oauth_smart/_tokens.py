"""What the notebook's cells leave behind, and tokens for the checks."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

from labkit.exercises import Work

IMPORTS = """
    import base64
    import hashlib
    import json
    import secrets
    import time
    from urllib.parse import parse_qs, urlencode, urlsplit
    import requests
    from labkit.access.oauth import SmartClient, pkce, sign
    from labkit.access.scopes import parse_scope, to_v2
    from labkit.common.errors import HttpError, LabkitError
    from labkit.dicom import sample

    FHIR, WEB = lab.fhir.url, lab.dicomweb.url

    def get(url, token="", kind="application/json"):
        headers = {"Accept": kind}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.get(url, headers=headers, timeout=60)
"""


def secure(work: Work) -> Any:
    """Return the lab as the secure one that it is here."""
    return cast("Any", work.lab)


def claims_of(token: str) -> dict[str, Any]:
    """Read the claims of a token without believing them; ``{}`` if it has none."""
    parts = token.split(".")
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, IndexError):
        return {}
    return said if isinstance(said, dict) else {}
