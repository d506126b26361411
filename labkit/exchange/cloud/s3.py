"""botocore, kept to one endpoint, with our errors."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from labkit.common.errors import UsageError
from labkit.exchange.cloud.errors import NotInStore, StoreRefused, StoreUnreachable


class translated:  # noqa: N801 - used as a with-statement's word
    """Turns the library's errors into ours, which say what to do."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("404", "NoSuchKey"):
                raise NotInStore(
                    f"the store has no object {self.name}",
                    code=code,
                    remedy="See whether it was deleted, or never arrived: store.objects().",
                ) from error
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500:
                raise StoreRefused(
                    f"the store refused a request ({code})",
                    code=code,
                    remedy="Check bucket, credentials and region.",
                ) from error
        if isinstance(error, (BotoCoreError, ClientError, OSError)):
            raise StoreUnreachable(
                f"the line to the store was cut, or it failed ({type(error).__name__})",
                remedy="Do it again when the line is back: what has arrived is not sent twice.",
            ) from error


def client_of(
    endpoint: str, who: tuple[str, str, str], region: str, timeout: float, attempts: int
) -> Any:
    """The library's client, which speaks to `endpoint` alone."""
    import botocore.config
    import botocore.session

    # The files and variables that the library would read on its own are replaced by nothing.
    nowhere = {
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "profile": (None, None, None, None),
    }
    session = botocore.session.Session(session_vars=nowhere)
    return session.create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=who[0],
        aws_secret_access_key=who[1],
        aws_session_token=who[2] or None,
        config=botocore.config.Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            proxies={},
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def refuse_open_line(endpoint: str) -> None:
    """Refuse an address that is neither https nor on this machine."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise UsageError(
            f"{endpoint!r} is no endpoint to send patients' data to.",
            remedy="Give https://host; plain http is for this machine alone.",
        )
