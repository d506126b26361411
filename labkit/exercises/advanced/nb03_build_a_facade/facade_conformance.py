"""Façade 12: the whole of it, and does it keep to PS3.18?

A short list of rules, asked over HTTP, in front of LEGACY and in front of a PACS that is down.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from labkit.common import Citation, cite
from labkit.dicom import sample
from labkit.dimse import Peer
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import (
    ANSWER,
    BODY,
    FACADE,
    FILL,
    IMPORTS,
    QUESTION,
    RETRIEVE,
    RETURNED,
    STATUS,
    WADO,
)
from labkit.exercises.advanced.nb03_build_a_facade._web import Web

EXERCISE = Exercise(
    given=IMPORTS + RETURNED + QUESTION + ANSWER + FILL + RETRIEVE + BODY + STATUS + WADO,
    blank="""
        def facade(peer):
            def qido(request):
                ...  # a Response: 406, 400, what status_of says, 204, or 200 with the page

            return Starlette(routes=[
                Route("/studies", qido),
                Route("/studies/{study}/series", qido),
                Route("/studies/{study}/series/{series}/instances", qido),
                Route("/studies/{study}", wado(peer)),
                Route("/studies/{study}/series/{series}", wado(peer)),
            ])

        # question, ask(keys, peer), fill, answer_of, status_of, problem: the steps so far
        # request.url.path, request.query_params.multi_items(), request.headers.get("accept")
    """,
    answer="facade",
    expects=Callable,  # type: ignore[arg-type]
    reference=FACADE,
    explanation="""
        The order is the order of blame: what the client asks wrongly is found before the PACS is
        troubled (406, 400); what the PACS does wrongly is told as such (502, 503, 504); then there
        is nothing (204), or something (200). All that a page leaves out is said in a Warning. Each
        rule has its section, and each is one request: such a list is your conformance test, and it
        runs in a second.
    """,
    hints=(
        "What can go wrong, in the order in which it can? First the request, then the PACS, then "
        "the answer.",
        "406 where Accept has neither application/dicom+json nor */*; 400 where question raises; "
        "status_of(error) where ask raises a LabkitError; 204 where nothing is left to show.",
        "Sort before you page; limit and offset are in the query; "
        "JSONResponse([answer_of(m, BASE) …], media_type='application/dicom+json'), with a Warning "
        "header where more remain.",
    ),
    wrong=(
        Wrong(
            "empty-is-200",
            FACADE.replace("if not shown:", "if shown is None:"),
            """You answered 200 with an empty array. A search without a match is 204 without a
            body.""",
        ),
        Wrong(
            "down-is-empty",
            FACADE.replace("return problem(error, *status_of(error))",
                           "return Response(status_code=204)"),
            """You answered 204 while the PACS was down: "there are no studies", in the words of the
            standard. The error belongs into the status.""",
        ),
        Wrong(
            "unknown-key-ignored",
            FACADE.replace("return problem(error, 400)",
                           'keys = question(request.url.path, [])'),
            """You left out a key that you did not understand. A client that mistyped PatientID gets
            everybody's studies in place of one patient's.""",
        ),
        Wrong(
            "accept-ignored",
            FACADE.replace('if not any(kind in accept for kind in ("application/dicom+json", '
                           '"*/*")):', "if not accept:"),
            """You did not look at Accept. Who asks for XML gets JSON, called something else or not,
            and finds out in the parser.""",
        ),
        Wrong(
            "silent-page",
            FACADE.replace('headers={"Warning": warning} if more else None', "headers=None"),
            """You cut the list and did not say so. The reader takes the first page for all there
            is.""",
        ),
        Wrong(
            "plain-json",
            FACADE.replace('media_type="application/dicom+json"', 'media_type="application/json"'),
            """You called it application/json. Strict clients look for application/dicom+json, and
            take this for the page of a login.""",
        ),
    ),
)  # fmt: skip

QIDO, STATUS_RULE = cite("PS3.18", "10.6.3"), cite("PS3.18", "8.5")
JSON = {"Accept": "application/dicom+json"}


def _nobody() -> Peer:
    """Return a PACS that is down: a port of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Peer("LEGACY", "127.0.0.1", free.getsockname()[1])


def _no(expected: str, answer: Any, rule: Citation, mistake: str = "") -> Verdict:
    kind = answer.headers.get("content-type", "no type").partition(";")[0]
    return failed(expected=expected, got=f"{answer.status_code}, {kind}", rule=rule,
                  mistake=mistake)  # fmt: skip


def check(work: Work) -> Verdict:
    """Ask it as a client does, rule by rule."""
    web = Web(work.call(work.lab.legacy))
    try:
        found = web.get("/studies?PatientName=Larkwhistle*&includefield=all", headers=JSON)
    except TypeError as error:  # Starlette calls what the handler returned
        if "NoneType" in str(error) or "ellipsis" in str(error):
            return blank()
        raise
    verdict = _found(found) or _refused(web) or _pages(web) or _objects(web)
    if verdict is not None:
        return verdict
    down = Web(work.call(_nobody())).get("/studies?PatientID=LK-21044", headers=JSON)
    if down.status_code != 502:
        return _no("502 while the PACS is down", down, cite("RFC 9110", "15.6.3"),
                   "down-is-empty" if down.status_code in (200, 204) else "")  # fmt: skip
    return passed("Ten rules, ten requests, all kept.", rule=(QIDO, STATUS_RULE))


def _found(found: Any) -> Verdict | None:
    kind = found.headers.get("content-type", "").partition(";")[0]
    if found.status_code != 200 or kind != "application/dicom+json":
        mistake = "plain-json" if kind == "application/json" else ""
        return _no("200, application/dicom+json, for what is there", found,
                   cite("PS3.18", "10.6.4"), mistake)  # fmt: skip
    rows = found.json()
    if len(rows) != 2 or not all("00081190" in row and "0020000D" in row for row in rows):
        return failed(expected="two studies with 0020000D and 00081190", got=f"{len(rows)} studies",
                      rule=QIDO)  # fmt: skip
    if not all(row.get("00080061", {}).get("Value") == ["CR"] for row in rows):
        return failed(expected="Modalities in Study (0008,0061) in each", rule=QIDO,
                      got=str([row.get("00080061") for row in rows]))  # fmt: skip
    return None


def _refused(web: Web) -> Verdict | None:
    nothing = web.get("/studies?PatientID=NOBODY", headers=JSON)
    if nothing.status_code != 204 or nothing.content:
        return _no("204 without a body where nothing matches", nothing, cite("PS3.18", "10.6.3.1"),
                   "empty-is-200" if nothing.status_code == 200 else "")  # fmt: skip
    mistyped = web.get("/studies?PatentID=LK-21044", headers=JSON)
    if mistyped.status_code != 400:
        return _no("400 for PatentID, which is no attribute", mistyped, STATUS_RULE,
                   "unknown-key-ignored" if mistyped.status_code == 200 else "")  # fmt: skip
    html = web.get("/studies?PatientID=LK-21044", headers={"Accept": "text/html"})
    if html.status_code != 406:
        return _no("406 for Accept: text/html", html, cite("PS3.18", "8.7.5"),
                   "accept-ignored" if html.status_code == 200 else "")  # fmt: skip
    return None


def _pages(web: Web) -> Verdict | None:
    rule, seen = cite("PS3.18", "8.3.4.4"), []
    for offset in (0, 1):
        page = web.get(f"/studies?PatientName=Larkwhistle*&limit=1&offset={offset}", headers=JSON)
        if page.status_code != 200 or len(page.json()) != 1:
            return _no("one study in a page of one", page, rule)
        seen.append(page.json()[0]["0020000D"]["Value"][0])
        said = page.headers.get("warning", "")
        if ("There are 1 additional results" in said) != (offset == 0):
            return failed(expected='Warning: 299 … "There are 1 additional results that can be '
                          'requested" on the first page alone',
                          got=f"{said or 'no Warning'}, page {offset + 1}", rule=rule,
                          mistake="" if said else "silent-page")  # fmt: skip
    if len(set(seen)) != 2:
        return failed(expected="another study on each page", got="the same twice", rule=rule)
    below = web.get(f"/studies/{seen[0]}/series", headers=JSON)
    if below.status_code != 200 or below.json()[0].get("00080060", {}).get("Value") != ["CR"]:
        return _no("the series of a study, with its modality", below, QIDO)
    return None


def _objects(web: Web) -> Verdict | None:
    rule = cite("PS3.18", "10.4.3")
    knee = sample("knee-ap").datasets()[0]
    accept = {"Accept": 'multipart/related; type="application/dicom"'}
    got = web.get(f"/studies/{knee.StudyInstanceUID}", headers=accept)
    whole = got.content.count(b"DICM") == 1 and str(knee.SOPInstanceUID).encode() in got.content
    if got.status_code != 200 or not whole:
        return _no("200 and the object of the study", got, rule)
    unknown = web.get("/studies/1.2.3", headers=accept)
    if unknown.status_code != 404:
        return _no("404 for a study that is not there", unknown, rule)
    return None
