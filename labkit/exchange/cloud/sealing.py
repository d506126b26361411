"""Encryption before anything leaves: AES-256-GCM in chunks, in order, with a marked end.

GCM seals a message that is held in memory as a whole. An image does not have to be: it is sealed in
chunks, as the STREAM construction has it (Hoang, Reyhanitabar, Rogaway, Vizár, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015). The nonce of a chunk
is its number and whether it is the last: a chunk that is missing, doubled, moved, or an end that
was cut off, does not open. The key is one for each object, by HKDF from the study's key, a salt and
the object's name, so that an object under another's name does not open either.

::

    8 bytes  LKSEAL1\\0
    4 bytes  bytes of a chunk, before it is sealed (big endian)
    32 bytes salt
    chunks   each with 16 bytes of GCM tag
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from labkit.exchange.cloud.errors import Damaged

MAGIC = b"LKSEAL1\0"
CHUNK = 1 << 20
TAG = 16
HEAD = len(MAGIC) + 4 + 32
_MOST = 1 << 26  # a chunk is held in memory: a header that asks for more is not believed


def seal(
    data: Iterable[bytes],
    key: bytes,
    name: str,
    *,
    chunk: int = CHUNK,
    random: Callable[[int], bytes] = os.urandom,
) -> Iterator[bytes]:
    """Encrypt a stream.

    Parameters
    ----------
    data
        The plain bytes, in pieces of any size.
    key
        The study's data key, 32 bytes.
    name
        Under which it will be stored.
    chunk
        Bytes sealed at a time.
    random
        Where the salt comes from.
    """
    head = MAGIC + struct.pack(">I", chunk) + random(32)
    gcm = _gcm(key, head, name)
    yield head
    number = 0
    buffer = bytearray()
    for piece in data:
        buffer += piece
        while len(buffer) > chunk:  # the last chunk is only known when nothing follows
            yield gcm.encrypt(_nonce(number, last=False), bytes(buffer[:chunk]), head)
            del buffer[:chunk]
            number += 1
    yield gcm.encrypt(_nonce(number, last=True), bytes(buffer), head)


def unseal(data: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """Decrypt a stream; each piece is authenticated when it is given out.

    The whole is known to be whole when the iterator has ended, and not before.

    Raises
    ------
    Damaged
        A chunk was changed, moved or left out, the end is missing, or it is another object.
    """
    buffer = bytearray()
    pieces = iter(data)
    while len(buffer) < HEAD:
        piece = next(pieces, None)
        if piece is None:
            raise _damaged(name, "it is shorter than its header")
        buffer += piece
    head = bytes(buffer[:HEAD])
    (chunk,) = struct.unpack(">I", head[8:12])
    if head[:8] != MAGIC or not 0 < chunk <= _MOST:
        raise _damaged(name, "it is no sealed object")
    del buffer[:HEAD]
    gcm = _gcm(key, head, name)
    number = 0
    for piece in pieces:
        buffer += piece
        while len(buffer) > chunk + TAG:
            yield _opened(gcm, number, bytes(buffer[: chunk + TAG]), head, name, last=False)
            del buffer[: chunk + TAG]
            number += 1
    while len(buffer) > chunk + TAG:
        yield _opened(gcm, number, bytes(buffer[: chunk + TAG]), head, name, last=False)
        del buffer[: chunk + TAG]
        number += 1
    yield _opened(gcm, number, bytes(buffer), head, name, last=True)


def digest(data: Iterable[bytes]) -> str:
    """SHA-256 of a stream, in hexadecimal."""
    found = hashlib.sha256()
    for piece in data:
        found.update(piece)
    return found.hexdigest()


def _gcm(key: bytes, head: bytes, name: str) -> AESGCM:
    info = b"labkit cloud object 1\0" + name.encode()
    return AESGCM(HKDF(SHA256(), 32, salt=head[12:], info=info).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _opened(gcm: AESGCM, number: int, data: bytes, head: bytes, name: str, *, last: bool) -> bytes:
    try:
        return gcm.decrypt(_nonce(number, last=last), data, head)
    except InvalidTag as error:
        where = "its end is missing or changed" if last else "it was changed or moved"
        raise _damaged(name, f"chunk {number + 1} does not open: {where}") from error


def _damaged(name: str, why: str) -> Damaged:
    return Damaged(f"the object {name} is not what was stored: {why}", name=name)
