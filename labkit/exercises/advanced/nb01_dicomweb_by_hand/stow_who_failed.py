"""Read the answer to a STOW: which objects are not in the archive, and why.

A modality deletes what is safely stored. What it deletes by mistake is gone.
"""

import json
from collections.abc import Callable
from typing import Any

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def lost(sent, answer):
        try:
            body = answer.json()
        except ValueError:
            body = {}
        body = body[0] if isinstance(body, list) else body
        items = lambda tag: body.get(tag, {}).get("Value", [])
        uid = lambda item: item["00081155"]["Value"][0]
        stored = {uid(item) for item in items("00081199")}
        why = {uid(item): item["00081197"]["Value"][0] for item in items("00081198")}
        return {
            each: words(why[each]) if each in why else "not told"
            for each in sent
            if each not in stored
        }
"""

EXERCISE = Exercise(
    given="""
        def words(code):
            exact = {0x0110: "processing failure", 0x0111: "duplicate SOP instance",
                     0x0122: "SOP class not supported", 0x0124: "not authorized",
                     0xC122: "transfer syntax not supported"}
            ranges = {0xA7: "out of resources", 0xA9: "data set does not match SOP class"}
            return exact.get(code) or ranges.get(code >> 8) or (
                "cannot understand" if code >> 12 == 0xC else f"failure {code:04X}"
            )
    """,
    blank="""
        def lost(sent, answer):
            ...  # {SOP Instance UID: why}, of those in sent that are not stored; words(code) helps
    """,
    answer="lost",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Only the Referenced SOP Sequence (0008,1199) says that an object is stored (PS3.18 I.2). 202
        is a success with exceptions, and so are 200 and 409 of some products; a warning in an item
        of that sequence means stored, with a remark. What is in no sequence is not stored: a
        part that could not be read has no UID to be listed by, and is in Other Failures Sequence
        (0008,119A) or nowhere. Start from what you sent, and take off what is confirmed.
    """,
    hints=(
        "Do not ask which have failed. Ask which of those that you sent are confirmed.",
        "Items of 00081199 are stored, with or without a warning. Items of 00081198 have a Failure "
        "Reason, 00081197, a number.",
        "For each UID of sent that is in no item of 00081199: words(the number) if it is in "
        "00081198, else 'not told'. The body may be no DICOM JSON at all, too.",
    ),
    wrong=(
        Wrong(
            "any-2xx-is-stored",
            """
            def lost(sent, answer):
                return {} if answer.ok else {uid: "not told" for uid in sent}
            """,
            """You went by the status. 202 is in the family of successes and says that some were not
            stored; your modality has deleted them.""",
        ),
        Wrong(
            "failed-list-only",
            """
            def lost(sent, answer):
                body = answer.json()
                items = body.get("00081198", {}).get("Value", [])
                return {item["00081155"]["Value"][0]: words(item["00081197"]["Value"][0])
                        for item in items}
            """,
            """You took those that are listed as failed. An object that is listed nowhere is not
            stored either: the server could not read as far as its UID.""",
        ),
        Wrong(
            "a-number",
            _REFERENCE.replace("words(why[each])", "why[each]"),
            """You gave the number. It is a code of C-STORE, written in decimal: 43264 says
            nothing to the person who has to act, A900 a little, its meaning all.""",
        ),
        Wrong(
            "warning-is-a-failure",
            _REFERENCE.replace(
                'for item in items("00081199")}',
                'for item in items("00081199") if "00081196" not in item}',
            ),
            """You took a warning for a failure. An object with a Warning Reason is stored; it was
            changed on the way in, and the modality would send it again for ever.""",
        ),
        Wrong(
            "raises-on-409",
            _REFERENCE.replace("    try:", "    answer.raise_for_status()\n        try:", 1),
            """You raised an exception on 409. The body says for each object what is wrong with it,
            and nobody reads it now.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "I.2"), cite("PS3.18", "10.5.3.1"))
Case = tuple[str, int, dict[str, Any] | str, dict[str, str]]
A, B, C = "2.25.101", "2.25.102", "2.25.103"
SENT = [A, B, C]


def _item(uid: str, **more: int) -> dict[str, Any]:
    made: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
    for name, code in more.items():
        tag = {"failed": "00081197", "warned": "00081196"}[name]
        made[tag] = {"vr": "US", "Value": [code]}
    return made


def _body(stored: list[Any], failures: list[Any]) -> dict[str, Any]:
    lists = (("00081198", failures), ("00081199", stored))
    return {tag: {"vr": "SQ", "Value": items} for tag, items in lists if items}


CASES: tuple[Case, ...] = (
    ("200, all stored", 200, _body([_item(A), _item(B), _item(C)], []), {}),
    ("202, one of another SOP class", 202,
     _body([_item(A), _item(C)], [_item(B, failed=0xA900)]),
     {B: "data set does not match SOP class"}),
    ("202, one coerced", 202, _body([_item(A), _item(B, warned=0xB000), _item(C)], []), {}),
    ("202, one in no list", 202, _body([_item(A), _item(B)], []), {C: "not told"}),
    ("409, each for its reason", 409,
     _body([], [_item(A, failed=0x0122), _item(B, failed=0x0111), _item(C, failed=0xA701)]),
     {A: "SOP class not supported", B: "duplicate SOP instance", C: "out of resources"}),
    ("200 with an empty list", 200, {"00081199": {"vr": "SQ"}}, dict.fromkeys(SENT, "not told")),
    ("503 with a page of HTML", 503, "<html>busy</html>", dict.fromkeys(SENT, "not told")),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Give it answers as servers give them."""
    for number, (name, status, body, wanted) in enumerate(CASES):
        answer = _response(status, body)
        try:
            got = work.answer(list(SENT), answer)
        except requests.HTTPError:
            return failed(expected=f"{name}: {wanted}", got="an HTTPError", rule=RULE,
                          mistake="raises-on-409")  # fmt: skip
        except Exception as error:  # the learner's own code
            return failed(expected=f"{name}: {wanted}", got=f"{type(error).__name__}: {error}",
                          rule=RULE, why=f"The answer was {answer.text[:200]}")  # fmt: skip
        if number == 0 and got in (None, ...):
            return blank()
        if got != wanted:
            return failed(expected=f"{name}: {wanted}", got=f"{got}", rule=RULE,
                          mistake=_mistake(got, wanted, body))  # fmt: skip
    return passed("Nothing is counted as stored that the server has not confirmed.", rule=RULE)


def _response(status: int, body: dict[str, Any] | str) -> requests.Response:
    made = requests.Response()
    made.status_code, made.encoding = status, "utf-8"
    text = body if isinstance(body, str) else json.dumps(body)
    made._content = text.encode()
    made.headers["Content-Type"] = (
        "text/html" if isinstance(body, str) else "application/dicom+json"
    )
    return made


def _mistake(got: Any, wanted: dict[str, str], body: dict[str, Any] | str) -> str:
    if not isinstance(got, dict):
        return ""
    if any(isinstance(why, int) for why in got.values()):
        return "a-number"
    if set(got) > set(wanted):
        return "warning-is-a-failure"
    if not got and wanted:
        listed = isinstance(body, dict) and "00081198" in body
        return "any-2xx-is-stored" if listed else "failed-list-only"
    return ""
