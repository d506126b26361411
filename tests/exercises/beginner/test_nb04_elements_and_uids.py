"""Notebook 04, elements, label, UIDs: other right answers, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = {
    "one-element-by-hand": [
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return [g, e, v, d[8:8 + l]]
        """,
        """
            def decode(d):
                end = 8 + d[6] + 256 * d[7]
                return d[0] + 256 * d[1], d[2] + 256 * d[3], d[4:6].decode(), bytearray(d[8:end])
        """,
        """
            def decode(d):
                f = lambda a: int.from_bytes(d[a:a + 2], 'little')
                return (f(0), f(2), str(d[4:6], 'ascii'), memoryview(d)[8:8 + f(6)])
        """,
    ],
    "encode-element": [
        """
            def encode(g, e, v, x):
                b = x.encode()
                b += {'UI': b'\\x00'}.get(v, b' ') * (len(b) % 2)
                two = lambda number: number.to_bytes(2, 'little')
                return two(g) + two(e) + v.encode() + two(len(b)) + b
        """,
        """
            def encode(g, e, v, x):
                b = bytearray(x.encode())
                if len(b) % 2:
                    b.append(0 if v == 'UI' else 32)
                front = bytearray(struct.pack('<HH', g, e)) + v.encode()
                return front + struct.pack('<H', len(b)) + b
        """,
        """
            from io import BytesIO
            from pydicom import Dataset, dcmwrite

            def encode(g, e, v, x):
                d = Dataset()
                d.add_new(g << 16 | e, v, x)
                f = BytesIO()
                dcmwrite(f, d, implicit_vr=False, little_endian=True)
                return f.getvalue()
        """,
    ],
    "where-the-data-set-starts": [
        "def data_set_offset(raw): return 144 + int.from_bytes(raw[140:144], 'little')",
        """
            def data_set_offset(raw):
                at = 132
                while raw[at:at + 2] == b'\\x02\\x00':
                    if raw[at + 4:at + 6] in (b'OB', b'UN'):
                        at += 12 + int.from_bytes(raw[at + 8:at + 12], 'little')
                    else:
                        at += 8 + int.from_bytes(raw[at + 6:at + 8], 'little')
                return at
        """,
        """
            from io import BytesIO
            import pydicom

            def data_set_offset(raw):
                ds = pydicom.dcmread(BytesIO(raw), stop_before_pixels=True)
                return ds.file_meta.FileMetaInformationGroupLength + 144
        """,
    ],
    "a-uid-of-your-own": [
        "def new_uid(): return '2.25.' + str(uuid.uuid4().int)",
        """
            from pydicom.uid import UID

            def new_uid():
                return UID('2.25.%d' % uuid.uuid4().int)
        """,
        "def new_uid(): return '2.25.' + str(int(uuid.uuid4().hex, 16))",
    ],
}

#: By the exercise and the mistake that is recognised; ``""`` for one without a name.
WRONG = {
    ("one-element-by-hand", ""): [
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return (g, e, v, l)
        """,
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return (g, e, v.decode(), d[8:8 + l].decode('latin-1'))
        """,
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return (hex(g), hex(e), v.decode(), d[8:8 + l])
        """,
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return ((g, e), v.decode(), d[8:8 + l])
        """,
        """
            def decode(d):
                g, e, v, l = struct.unpack('<HH2sH', d[:8])
                return (g, e, v.decode(), d[8:8 + l].rstrip(b' \\x00'))
        """,
        "def decode(d): return struct.unpack('<HH2sH', d)",
    ],
    ("encode-element", ""): [
        """
            def encode(g, e, v, x):
                return struct.pack('>HH2sH', g, e, v.encode(), len(x)) + x.encode()
        """,
        "def encode(g, e, v, x): return x.encode()",
        "def encode(g, e, v, x): return struct.pack('<HHL', g, e, len(x)) + x.encode()",
        "def encode(g, e, v, x): return 'x'",
        """
            def encode(g, e, v, x):
                b = x.encode() + b' '
                return struct.pack('<HH2sH', g, e, v.encode(), len(b)) + b
        """,
    ],
    ("where-the-data-set-starts", "searched-for-group-8"): [
        "def data_set_offset(raw): return raw.find(b'\\x08\\x00\\x05\\x00')",
        "def data_set_offset(raw): return raw.index(b'\\x08\\x00', 132)",
    ],
    ("where-the-data-set-starts", ""): [
        "def data_set_offset(raw): return 132",
        "def data_set_offset(raw): return 144 + struct.unpack('>L', raw[140:144])[0]",
        "def data_set_offset(raw): return len(raw)",
        "def data_set_offset(raw): return 144 + raw[140]",
    ],
    ("a-uid-of-your-own", "hexadecimal"): [
        "def new_uid(): return str(uuid.uuid4())",
        "def new_uid(): return '2.25.' + str(uuid.uuid4().int) + ' '",
        "def new_uid(): return ''",
    ],
    ("a-uid-of-your-own", ""): [
        "def new_uid(): return '2.25.' + str(uuid.uuid1().int)",
        "def new_uid(): return uuid.uuid4().int",
        "def new_uid(): return '2.25.' + str(uuid.uuid4().int)[:10]",
        "def new_uid(): return '1.2.3.' + str(uuid.uuid4().int)",
    ],
    ("a-uid-of-your-own", "same-every-time"): [
        "def new_uid(): return '2.25.1'",
    ],
}


@pytest.mark.parametrize(("slug", "source"), [(s, a) for s, group in RIGHT.items() for a in group])
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("known", "source"), [(k, a) for k, group in WRONG.items() for a in group])
def test_another_wrong_answer_does_not(lab: Lab, known: tuple[str, str], source: str) -> None:
    slug, mistake = known
    verdict = attempt(lab, slug, source)
    assert verdict.outcome in ("failed", "blank"), repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
