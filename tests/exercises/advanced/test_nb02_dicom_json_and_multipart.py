"""Notebook 02: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.advanced.nb02_dicom_json_and_multipart._bodies import BODIES
from labkit.exercises.advanced.nb02_dicom_json_and_multipart.frame_of_fragments import (
    FRAMES,
    _objects,
)
from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("json-in-words", """
        from pydicom import Dataset

        def text(match, tag):
            values = (match.get(tag) or {}).get("Value") or []
            out = []
            for v in values:
                if isinstance(v, dict):
                    g = [v.get(k) or "" for k in ("Alphabetic", "Ideographic", "Phonetic")]
                    while g and not g[-1]:
                        g.pop()
                    v = "=".join(g)
                out.append("" if v is None else str(v))
            return "\\\\".join(out)
    """),
    ("json-of-a-data-set", """
        def as_json(ds):
            def clean(d):
                made = {}
                for tag in sorted(d):
                    e = dict(d[tag])
                    if e["vr"] in BINARY or tag[4:] == "0000":
                        continue
                    if e["vr"] == "SQ" and e.get("Value"):
                        e["Value"] = [clean(i) for i in e["Value"]]
                    if e["vr"] == "PN" and "Value" in e:
                        e["Value"] = [{k: t for k, t in (v or {}).items() if t} or None
                                      for v in e["Value"]]
                    if "Value" in e:
                        e["Value"] = [None if v == "" else v for v in e["Value"]]
                    if not e.get("Value"):
                        e.pop("Value", None)
                    made[tag] = e
                return made
            return clean(ds.to_json_dict())
    """),
    ("json-whole-again", """
        def whole(match, fetch):
            def handler(tag, vr, uri):
                return fetch(uri)
            return Dataset.from_json(match, handler)
    """),
    ("piece-of-bulk-data", """
        def piece(url, start, count):
            with requests.get(url, stream=True, headers={
                    "Accept": "application/octet-stream",
                    "Range": "bytes=%d-%d" % (start, start + count - 1)}) as r:
                data = r.content
            return data if r.status_code == 206 else memoryview(data)[start:][:count].tobytes()
    """),
    ("parts-of-a-body", """
        import email.parser, email.policy
        def parts(content_type, body):
            import re
            found = re.search('boundary="?([^";]+)"?', content_type)
            mark = b"--" + found[1].encode()
            end = body.find(b"\\r\\n" + mark + b"--")
            if end < 0:
                raise ValueError("cut")
            body = b"\\r\\n" + body[:end]
            out = []
            for p in body.split(b"\\r\\n" + mark + b"\\r\\n")[1:]:
                h, c = p.split(b"\\r\\n\\r\\n", 1)
                out.append((h.split(b": ", 1)[1].decode(), c))
            return out
    """),
    ("parts-in-a-stream", """
        from labkit.dicomweb.multipart import Parser, Begin, End
        def pieces(boundary, chunks):
            parser, n = Parser(boundary), -1
            for chunk in chunks:
                for e in parser.feed(chunk):
                    if isinstance(e, Begin):
                        n += 1
                    elif isinstance(e, bytes):
                        yield n, e
            if parser._state != "end":
                raise ValueError("cut")
    """),
    ("body-to-store", """
        import uuid
        def store_body(files):
            b = uuid.uuid4().hex
            out = bytearray()
            for f in files:
                out += b"\\r\\n--%s\\r\\nContent-Length: %d\\r\\ncontent-type: application/dicom"
                out = out.replace(b"%s", b.encode()).replace(b"%d", str(len(f)).encode())
                out += b"\\r\\n\\r\\n" + f
            out += b"\\r\\n--" + b.encode() + b"--"
            return ('Multipart/Related; boundary="%s"; type=application/dicom' % b, bytes(out))
    """),
    ("frame-of-fragments", """
        from pydicom.encaps import generate_frames
        def frame(ds, number):
            n = int(ds.get("NumberOfFrames", 1))
            return list(generate_frames(ds.PixelData, number_of_frames=n))[number - 1]
    """),
]  # fmt: skip

WRONG = [
    ("json-in-words", "def text(match, tag):\n    return 3\n", ""),
    ("json-in-words", "def text(match, tag):\n    return ''\n", ""),
    ("json-in-words", "def text(match, tag):\n    raise RuntimeError('no')\n", ""),
    ("json-of-a-data-set", "def as_json(ds):\n    return {}\n", ""),
    ("json-of-a-data-set", "def as_json(ds):\n    return ds\n", ""),
    ("json-of-a-data-set", "def as_json(ds):\n    return ds.to_json_dict()\n", ""),
    ("json-of-a-data-set", "def as_json(ds):\n    return {'00080008': {b'x'}}\n", ""),
    ("json-whole-again", "def whole(match, fetch):\n    return match\n", ""),
    ("json-whole-again", "def whole(match, fetch):\n    return Dataset()\n", "without-bulk-data"),
    ("piece-of-bulk-data", "def piece(url, start, count):\n    return 'text'\n", ""),
    ("piece-of-bulk-data", "def piece(url, start, count):\n    return b''\n", ""),
    ("piece-of-bulk-data", """
        def piece(url, start, count):
            return requests.get(url, headers={"Range": f"bytes={start}-"}).content
    """, ""),
    ("parts-of-a-body", "def parts(content_type, body):\n    return 3\n", ""),
    ("parts-of-a-body", "def parts(content_type, body):\n    return [1, 2]\n", ""),
    ("parts-of-a-body", "def parts(content_type, body):\n    return []\n", ""),
    ("parts-of-a-body", "def parts(content_type, body):\n    raise ValueError('no')\n", ""),
    ("parts-in-a-stream", "def pieces(boundary, chunks):\n    return []\n", ""),
    ("parts-in-a-stream", "def pieces(boundary, chunks):\n    return [(0, b'x')]\n", ""),
    ("parts-in-a-stream", "def pieces(boundary, chunks):\n    yield 3\n", ""),
    ("body-to-store", "def store_body(files):\n    return b''.join(files)\n", ""),
    ("body-to-store", "def store_body(files):\n    return 'multipart/related', b''\n", ""),
    ("body-to-store", "def store_body(files):\n    return 'application/dicom', files[0]\n", ""),
    ("frame-of-fragments", "def frame(ds, number):\n    return 3\n", ""),
    ("frame-of-fragments", "def frame(ds, number):\n    return b''\n", ""),
    ("frame-of-fragments", "def frame(ds, number):\n    return ds.pixel_array\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_a_wrong_answer_does_not_pass(
    running_lab: Lab, slug: str, source: str, mistake: str
) -> None:
    falls_short(running_lab, slug, source, mistake)


def test_the_bodies_have_what_they_are_said_to_have() -> None:
    inside = BODIES[1]
    assert inside.data.count(b"--b7f-3") > inside.data.count(b"\r\n--b7f-3")
    assert all(content in body.data for body in BODIES for _, content in body.parts)


def test_the_objects_are_encapsulated_in_different_ways() -> None:
    values = [ds.PixelData for _, ds in _objects()]
    assert len(set(values)) == len(values) - 1  # with an extended table Pixel Data is the same
    assert all(frame[:2] == b"\xff\xd8" for frame in FRAMES)
