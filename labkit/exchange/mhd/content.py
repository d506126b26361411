"""The bytes of a document beside what its reference says of them: size and hash.

Attachment.hash is the SHA-1 of the document's bytes, in base64 (R4 datatypes.html#Attachment), not
of their base64, and not the hexadecimal digits in base64 as IHE's examples of MHD 4.2.3 print it.
SHA-1 finds a document that arrived damaged; it is no proof against somebody who means harm.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any


def digest(content: bytes) -> str:
    """Return the SHA-1 of a document as Attachment.hash has it."""
    return base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()


def differences(attachment: Mapping[str, Any], content: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield what of size and hash is not true of the bytes: element, what is right, what is said.

    What is not said is not wrong.
    """
    if "size" in attachment and attachment["size"] != len(content):
        yield "size", f"is {len(content)}, the number of bytes", str(attachment["size"])
    if "hash" in attachment and attachment["hash"] != digest(content):
        said = str(attachment["hash"])
        hexed = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if _decoded(said).lower() == hexed.encode():
            said = f"{said}, its hexadecimal digits in base64"
        elif said.lower() == hexed:
            said = f"{said}, in hexadecimal"
        elif said == digest(base64.b64encode(content)):
            said = f"{said}, the SHA-1 of the base64"
        yield "hash", f"is {digest(content)}, the SHA-1 of the bytes in base64", said


def told_of(
    attachment: Mapping[str, Any], binary: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield as `differences` of a Binary's bytes, and what ITI-65 wants said and is not."""
    content = _decoded("".join(str(binary.get("data", "")).split()))
    for name in ("size", "hash"):
        if name not in attachment:
            yield name, "is said of a document in the Bundle", "none"
    yield from differences(attachment, content)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
