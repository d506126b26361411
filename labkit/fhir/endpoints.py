"""Where a Subscription may have notices sent to.

A server that calls any URL it is given can be made to reach what only it can reach: the settings
page of a router, a cloud's metadata service (server-side request forgery, CWE-918). So the default
is this machine alone, and by its address: a name would be looked up, and could say one address now
and another later.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def loopback_only(url: str) -> bool:
    """Whether `url` is HTTP on this machine: 127.0.0.0/8, ``[::1]`` or ``localhost``."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return False  # a user, even an empty one: parsers differ on which part is the host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
