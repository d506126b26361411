"""Fetch it, and believe nothing.

Write what a consumer does with a DocumentReference: get the document, and find out whether it is
the one that was submitted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb15_mhd._documents import PDF, PUBLISHED, REPORT, by_uid

_GET = """
    def fetch(base, reference):
        attachment = reference["content"][0]["attachment"]
        url = urljoin(base + "/", attachment["url"])
        answer = requests.get(url, headers={"Accept": attachment["contentType"]}, timeout=30)
        answer.raise_for_status()
"""
_CHECK = """
        sha1 = base64.b64encode(hashlib.sha1(answer.content).digest()).decode()
        if attachment["hash"] != sha1 or attachment["size"] != len(answer.content):
            raise ValueError("not the document that was submitted")
"""
_RETURN = """
        return answer.content
"""

EXERCISE = Exercise(
    given=PUBLISHED + "    from urllib.parse import urljoin\n",
    blank="""
    def fetch(base, reference):
        ...  # the bytes of the document; ValueError if they are not those that were submitted
    """,
    answer="fetch",
    expects=Callable,  # type: ignore[arg-type]
    reference=_GET + _CHECK + _RETURN,
    explanation="""
        attachment.url is relative to the base of the server, or absolute. Only the media type of
        the reference is sure to be given (ITI-68 2:3.68.4.1.2), and asked for FHIR a server gives
        the Binary resource instead of what is in it. Size and hash find what was cut short, changed
        or swapped. They are no signature: who may change the Binary may change the reference too.
    """,
    hints=(
        'urljoin(base + "/", url) resolves both kinds of URL; without the slash it drops a part.',
        "Accept decides: the document as it is, or a Binary in JSON with base64 in it.",
        "Compare size with len(content), and hash with the base64 of the SHA-1 digest.",
    ),
    wrong=(
        Wrong(
            "not-compared",
            _GET + _RETURN,
            """You returned what came, and did not look at hash and size. The document that was
            changed on the server went through.""",
        ),
        Wrong(
            "asked-for-fhir",
            (_GET + _RETURN).replace('attachment["contentType"]}', '"application/fhir+json"}'),
            """You asked for FHIR and got the Binary resource: JSON, with the document in base64
            within. A PDF reader does not open that.""",
        ),
        Wrong(
            "size-alone",
            _GET + """
        if attachment["size"] != len(answer.content):
            raise ValueError("cut short")
""" + _RETURN,
            """You compared the size alone. One letter was changed: as many bytes, another
            document.""",
        ),
        Wrong(
            "hexadecimal",
            _GET + """
        if attachment["hash"] != hashlib.sha1(answer.content).hexdigest():
            raise ValueError("damaged")
""" + _RETURN,
            """You compared the hash in hexadecimal with one in base64: every document is refused,
            the good ones too.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("IHE ITI MHD", "ITI-68 2:3.68.4.2.2"), cite("FHIR R4", "datatypes"))


def check(work: Work) -> Verdict:
    """Have it fetch the report, and then by references that say of it what is not so."""
    base, row = work.lab.fhir.url, by_uid(work.lab, REPORT)
    if row is None:
        return blank("The report is not on the server: run the cells above.")
    try:
        got = work.answer(base, row)
    except Exception as error:
        mistake = "hexadecimal" if type(error) is ValueError else ""
        got_text = f"{type(error).__name__}: {error}"
        return failed(expected="the bytes of the report", got=got_text, rule=RULE, mistake=mistake)
    if got in (None, ...):
        return blank("It fetches nothing yet.")
    if got != PDF:
        as_fhir = isinstance(got, bytes) and b'"Binary"' in got
        return failed(expected=f"{len(PDF)} bytes of PDF", got=_shown(got), rule=RULE,
                      mistake="asked-for-fhir" if as_fhir else "")  # fmt: skip
    for name, value in (("size", len(PDF) - 1), ("hash", base64.b64encode(bytes(20)).decode())):
        said = {**row["content"][0]["attachment"], name: value}
        try:
            work.answer(base, {**row, "content": [{"attachment": said}]})
        except ValueError:
            continue
        except Exception as error:
            return failed(expected="ValueError", got=type(error).__name__, rule=RULE)
        mistake = "not-compared" if name == "size" else "size-alone"
        return failed(expected=f"ValueError, since {name} is not that of the bytes",
                      got="the document all the same", rule=RULE, mistake=mistake)  # fmt: skip
    return passed("The report came; two that were not it did not.", rule=RULE)


def _shown(value: object) -> object:
    return f"{len(value)} bytes: {value[:24]!r}…" if isinstance(value, bytes) else value
