"""FHIR's JSON: one spelling out, nothing ambiguous in (R4 json.html).

Python's own parser would turn the decimal 1.00 into 1.0, keep only the last of two equal keys, and
accept NaN. FHIR gives precision a meaning (R4 datatypes.html#decimal), so decimals stay what they
were, and the rest is refused.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from labkit.common.errors import DataError

MAX_DEPTH = 100


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the property {twice!r} appears twice in one object")
    return out


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def loads(data: bytes | str) -> Any:
    """Parse JSON; decimals become :class:`decimal.Decimal`.

    Raises
    ------
    DataError
        Not UTF-8, not JSON, a repeated property, or nested deeper than `MAX_DEPTH`.
    """
    remedy = "check the text with a JSON validator; FHIR JSON is UTF-8 (RFC 8259)"
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_no_duplicates,
        )
        _check_depth(value, 0)
        if "\\ud" in text.lower():  # half of a surrogate pair cannot be written again
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except RecursionError as error:
        raise DataError("the JSON is nested too deeply", remedy=remedy) from error
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise DataError(f"this is not JSON: {error}", remedy=remedy) from error
    return value


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth + 1)


def dumps(value: Any, *, pretty: bool = False) -> str:
    """Write JSON; the order of properties and the precision of decimals stay as given."""
    out: list[str] = []
    _write(value, out, "\n" if pretty else "")
    return "".join(out)


def _write(value: Any, out: list[str], indent: str) -> None:
    """Append `value`; `indent` is a newline and the spaces so far, or empty for compact text."""
    if isinstance(value, dict):
        _items(
            [(json.dumps(k, ensure_ascii=False) + (": " if indent else ":"), v)
             for k, v in value.items()],
            "{}", out, indent,
        )  # fmt: skip
    elif isinstance(value, (list, tuple)):
        _items([("", item) for item in value], "[]", out, indent)
    elif isinstance(value, Decimal):
        out.append(str(value))
    else:
        out.append(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _items(items: list[tuple[str, Any]], pair: str, out: list[str], indent: str) -> None:
    deeper = indent + "  " if indent else ""
    out.append(pair[0])
    for number, (label, item) in enumerate(items):
        out.append(("," if number else "") + deeper + label)
        _write(item, out, deeper)
    out.append((indent if items else "") + pair[1])
