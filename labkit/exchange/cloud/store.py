"""An object store that speaks S3, and no more of it than a tier needs.

S3 is the interface of one provider that others have taken over (no standard defines it). Used here
are PutObject, GetObject with Range, HeadObject, DeleteObject, ListObjectsV2 and the multipart
calls, as the Amazon S3 API Reference has them; every "S3-compatible" store has these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.exchange.cloud import multipart
from labkit.exchange.cloud.errors import NotInStore, StoreRefused
from labkit.exchange.cloud.s3 import client_of, refuse_open_line, translated

if TYPE_CHECKING:
    from labkit.exchange.cloud.local import LocalStore

MIB = 1 << 20
SMALLEST_PART = 5 * MIB  # of a multipart upload, but for the last (S3 "Amazon S3 multipart limits")
_READ = 256 * 1024


@dataclass(frozen=True)
class Credentials:
    """Who we are to the store. Never shown.

    Attributes
    ----------
    key_id, secret
        The access key and its secret.
    token
        Of temporary credentials; ``""`` for others.
    """

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Held:
    """An object as the store lists it: all that its operator needs to know, and sees.

    Attributes
    ----------
    size
        Bytes.
    """

    name: str
    size: int


@dataclass
class Requests:
    """How many requests were sent, by what they are billed as, and bytes each way."""

    puts: int = 0
    gets: int = 0
    sent: int = 0
    received: int = 0


class ObjectStore:
    """One bucket of an S3-compatible store.

    Nothing is read from ``~/.aws``, the environment or an instance's metadata service, and no
    proxy is used: the endpoint given is the only host that is spoken to.

    Parameters
    ----------
    endpoint
        ``https://host``. Plain http is refused but for this machine.
    bucket
        Its name.
    credentials
        Who we are.
    region
        As the endpoint wants it in the signature.
    part_size
        Bytes of a part of a multipart upload, and the size up to which one request is used.
    timeout
        Seconds that the store may be silent.
    attempts
        How often a request is tried, within one call.
    observer
        Told of each part that is sent: number of the part, and how many there are.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        credentials: Credentials,
        *,
        region: str = "us-east-1",
        part_size: int = 8 * MIB,
        timeout: float = 30.0,
        attempts: int = 2,
        observer: Callable[[int, int], None] | None = None,
    ) -> None:
        refuse_open_line(endpoint)
        if part_size < SMALLEST_PART:
            raise UsageError(
                f"a part has {part_size} bytes; S3 takes none under {SMALLEST_PART}.",
                remedy="Give part_size of at least 5 MiB.",
            )
        self.bucket = bucket
        self.part_size = part_size
        self.requests = Requests()
        self.observer = observer
        who = (credentials.key_id, credentials.secret, credentials.token)
        self._client = client_of(endpoint, who, region, timeout, attempts)

    @staticmethod
    def local(bucket: str = "") -> AbstractContextManager[LocalStore]:
        """A store in this process, to learn with (`labkit.exchange.cloud.local`)."""
        from labkit.exchange.cloud.local import local_store

        return local_store(bucket)

    def __repr__(self) -> str:
        return "ObjectStore()"  # neither address nor bucket: they differ from run to run

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def make_bucket(self) -> None:
        """Make the bucket; one that is ours already is no error."""
        try:
            self.call("create_bucket")
        except StoreRefused as error:
            if error.code != "BucketAlreadyOwnedByYou":
                raise

    def put(self, name: str, data: bytes) -> None:
        """Store a small object in one request."""
        self.requests.sent += len(data)
        self.call("put_object", Key=name, Body=data, ContentMD5=multipart.md5_header(data))

    def upload(self, path: Path, name: str) -> multipart.Uploaded:
        """Store a file; where an upload of it was cut off, only the parts that are missing.

        An object is there when its last request was answered, and not before.
        """
        size = path.stat().st_size
        if size <= self.part_size:
            self.put(name, path.read_bytes())
            return multipart.Uploaded(1, 0)
        return multipart.upload(self, path, name, size)

    def size(self, name: str) -> int | None:
        """Bytes of an object; ``None`` if there is none."""
        try:
            return int(self.call("head_object", Key=name)["ContentLength"])
        except NotInStore:
            return None

    def read(self, name: str, start: int = 0) -> Iterator[bytes]:
        """Read an object from byte `start` on, as it arrives."""
        how = {"Range": f"bytes={start}-"} if start else {}
        body = self.call("get_object", Key=name, **how)["Body"]
        try:
            while True:
                with translated(name):
                    data = body.read(_READ)
                if not data:
                    return
                self.requests.received += len(data)
                yield data
        finally:
            body.close()

    def get(self, name: str, most: int = 64 * MIB) -> bytes:
        """A small object as a whole.

        Raises
        ------
        StoreRefused
            It has more than `most` bytes, so it is not what was put there.
        """
        data = bytearray()
        for chunk in self.read(name):
            data += chunk
            if len(data) > most:
                raise StoreRefused(
                    f"the object {name} has over {most} bytes",
                    code="TooLarge",
                    remedy="It is none of ours; see what wrote to the bucket.",
                )
        return bytes(data)

    def objects(self) -> list[Held]:
        """All objects, by name."""
        held: list[Held] = []
        more: dict[str, str] = {}
        while True:
            page = self.call("list_objects_v2", **more)
            held += [Held(each["Key"], int(each["Size"])) for each in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return held
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, name: str) -> None:
        """Delete an object; one that is not there is no error.

        With versioning, backups or an object lock the provider keeps the bytes all the same.
        """
        self.call("delete_object", Key=name)

    def unfinished(self) -> list[str]:
        """Names of objects whose multipart upload was begun and not ended. They are billed."""
        return sorted({name for name, _ in multipart.open_uploads(self)})

    def abort(self, name: str) -> None:
        """Give up the unfinished uploads of an object, and have their parts deleted."""
        for key, upload_id in multipart.open_uploads(self, name):
            if key == name:
                self.call("abort_multipart_upload", Key=key, UploadId=upload_id)

    def call(self, operation: str, **given: Any) -> dict[str, Any]:
        """Send one request.

        Raises
        ------
        StoreUnreachable
            The line was cut.
        StoreRefused
            The store said no.
        """
        if operation.startswith(("get", "head")):
            self.requests.gets += 1
        elif not operation.startswith(("delete", "abort")):
            self.requests.puts += 1  # a list is billed as a put
        with translated(str(given.get("Key", ""))):
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.bucket, **given)
        return answer
