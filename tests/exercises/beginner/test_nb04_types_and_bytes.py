"""Notebook 04: other right answers, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = {
    "types-kept": [
        """
            def broken_types(ds, types):
                r = set()
                for k, v in types.items():
                    if v == '3':
                        continue
                    if k not in ds:
                        r.add(k)
                    elif v == '1' and ds[k].VM == 0:
                        r.add(k)
                return r
        """,
        """
            def broken_types(ds, types):
                return tuple(k for k, v in types.items() if v != '3' and k not in ds
                             or (v == '1' and (ds.get(k) is None or ds.get(k) == '')))
        """,
        """
            def broken_types(ds, types):
                lacks = lambda k: str(ds[k].value) in ('', 'None')
                bad = lambda k, v: k not in ds or v == '1' and lacks(k)
                return [k for k, v in types.items() if v in '12' and bad(k, v)]
        """,
    ],
    "repair-the-name": [
        """
            def repair(ds):
                raw = ds.PatientName.original_string
                try:
                    raw.decode('utf-8')
                except UnicodeDecodeError:
                    return ds
                if ds.get('SpecificCharacterSet') == 'ISO_IR 100':
                    n = raw.decode('utf-8')
                    ds.SpecificCharacterSet = 'ISO_IR 192'
                    ds.PatientName = n
                return ds
        """,
        """
            def repair(ds):
                n = str(ds.PatientName)
                try:
                    m = n.encode('iso8859-1').decode('utf8')
                except (UnicodeEncodeError, UnicodeDecodeError):
                    m = n
                if m != n:
                    ds.SpecificCharacterSet = 'ISO_IR 192'
                    ds.PatientName = m
                return ds
        """,
        """
            import copy

            def repair(ds):
                ds = copy.deepcopy(ds)
                if 'Ã' in str(ds.PatientName) or 'Å' in str(ds.PatientName):
                    n = str(ds.PatientName).encode('latin-1').decode('utf-8')
                    ds.PatientName = n
                    ds.SpecificCharacterSet = 'ISO_IR 192'
                return ds
        """,
    ],
    "parse-a-data-set": [
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[g << 16 | e] = data[at:at + n]
                    at += n
                return out
        """,
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[g, e] = (vr.decode(), data[at:at + n])
                    at += n
                return out
        """,
        """
            from pydicom.tag import Tag

            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[Tag(g, e)] = bytearray(data[at:at + n])
                    at += n
                return out
        """,
    ],
}

#: By the exercise and the mistake that is recognised; ``""`` for one without a name.
WRONG = {
    ("types-kept", "empty-type-1-let-through"): [
        "def broken_types(ds, types): return []",
        """
            def broken_types(ds, types):
                return [k for k, v in types.items() if v == 1 and k not in ds]
        """,
        """
            def broken_types(ds, types):
                return [k for k, v in types.items() if v == '1' and k not in ds]
        """,
    ],
    ("types-kept", "zero-is-no-value"): [
        "def broken_types(ds, types): return list(types)",
        "def broken_types(ds, types): return [k for k in types if k not in ds]",
    ],
    ("types-kept", ""): [
        "def broken_types(ds, types): return not any((k not in ds for k in types))",
    ],
    ("repair-the-name", ""): [
        """
            def repair(ds):
                ds.PatientName = 'Grünwäldchen^Jörg'
                return ds
        """,
        "def repair(ds): return ds",
        "def repair(ds): return str(ds.PatientName)",
        """
            def repair(ds):
                ds.PatientName = str(ds.PatientName).replace('Ã¼', 'ü').replace('Ã¤', 'ä')
                return ds
        """,
        """
            def repair(ds):
                ds.PatientName = str(ds.PatientName).encode('utf-8').decode('latin-1')
                return ds
        """,
        """
            def repair(ds):
                ds.PatientName = 'Gruenwaeldchen^Joerg'
                ds.SpecificCharacterSet = 'ISO_IR 192'
                return ds
        """,
    ],
    ("parse-a-data-set", "forgot-the-front"): [
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[e, g] = data[at:at + n]
                    at += n
                return out
        """,
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[g, e] = n
                    at += n
                return out
        """,
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[f'{g:04X},{e:04X}'] = data[at:at + n]
                    at += n
                return out
        """,
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('>HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('>L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('>H', data[at + 6:at + 8])[0]
                        at += 8
                    out[g, e] = data[at:at + n]
                    at += n
                return out
        """,
    ],
    ("parse-a-data-set", "short-form-for-all"): [
        """
            def parse(data):
                out, at = ({}, 0)
                while at < len(data):
                    g, e, vr = struct.unpack('<HH2s', data[at:at + 6])
                    if vr.decode() in LONG:
                        n = struct.unpack('<L', data[at + 8:at + 12])[0]
                        at += 12
                    else:
                        n = struct.unpack('<H', data[at + 6:at + 8])[0]
                        at += 8
                    out[g, e] = data[at:at + n].strip()
                    at += n
                return out
        """,
    ],
    ("parse-a-data-set", ""): [
        "def parse(data): return {}",
        "def parse(data): return []",
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
