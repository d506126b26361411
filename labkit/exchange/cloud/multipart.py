"""Multipart upload that goes on where it was cut off (Amazon S3 User Guide, "multipart upload")."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.exchange.cloud.store import ObjectStore


@dataclass(frozen=True)
class Uploaded:
    """What an upload took.

    Attributes
    ----------
    sent
        Parts that were sent now.
    found
        Parts that the store had already.
    """

    sent: int
    found: int


def md5_header(data: bytes) -> str:
    """Content-MD5 (RFC 1864), which the store compares with what arrived."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def upload(store: ObjectStore, path: Path, name: str, size: int) -> Uploaded:
    """Send the parts that are missing, and have the store put them together."""
    upload_id = _begun(store, name)
    there = dict(_parts(store, name, upload_id))
    total = -(-size // store.part_size)
    listed: list[dict[str, Any]] = []
    sent = 0
    with path.open("rb") as file:
        for number in range(1, total + 1):
            data = file.read(store.part_size)
            digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
            tag = there.get(number)
            if tag is None or tag.strip('"') != digest:
                answer = store.call(
                    "upload_part",
                    Key=name,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=data,
                    ContentMD5=md5_header(data),
                )
                tag = answer["ETag"]
                store.requests.sent += len(data)
                sent += 1
                if store.observer is not None:
                    store.observer(number, total)
            listed.append({"PartNumber": number, "ETag": tag})
    store.call(
        "complete_multipart_upload",
        Key=name,
        UploadId=upload_id,
        MultipartUpload={"Parts": listed},
    )
    return Uploaded(sent, total - sent)


def open_uploads(store: ObjectStore, name: str = "") -> list[tuple[str, str]]:
    """Name and ID of each upload that was begun and not ended, the oldest first."""
    found: list[tuple[str, str]] = []
    more: dict[str, str] = {"Prefix": name} if name else {}
    while True:
        page = store.call("list_multipart_uploads", **more)
        found += [(each["Key"], each["UploadId"]) for each in page.get("Uploads", [])]
        if not page.get("IsTruncated"):
            return found
        more = {
            **more,
            "KeyMarker": page["NextKeyMarker"],
            "UploadIdMarker": page["NextUploadIdMarker"],
        }


def _begun(store: ObjectStore, name: str) -> str:
    """The ID of the upload to go on with; of several, one."""
    ours = [upload_id for key, upload_id in open_uploads(store, name) if key == name]
    for extra in ours[1:]:
        store.call("abort_multipart_upload", Key=name, UploadId=extra)
    if ours:
        return ours[0]
    return str(store.call("create_multipart_upload", Key=name)["UploadId"])


def _parts(store: ObjectStore, name: str, upload_id: str) -> Iterator[tuple[int, str]]:
    more: dict[str, Any] = {}
    while True:
        page = store.call("list_parts", Key=name, UploadId=upload_id, **more)
        for each in page.get("Parts", []):
            yield int(each["PartNumber"]), str(each["ETag"])
        if not page.get("IsTruncated"):
            return
        more = {"PartNumberMarker": page["NextPartNumberMarker"]}
