"""Place an order once, however often it is sent.

The line was cut before the answer came. The gateway sends the order again, and must not make two.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb07_a_fhir_server_at_work._scratch import scratch

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
    """,
    blank="""
        def place(order):
            ...  # send the ServiceRequest so that it is there once; return the Response
    """,
    answer="place",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def place(order):
            number = order["identifier"][0]
            query = f"identifier={number['system']}|{number['value']}"
            return requests.post(
                f"{base}/ServiceRequest", json=order, headers={"If-None-Exist": query}
            )
    """,
    explanation="""
        If-None-Exist turns a create into "create, unless this search finds one": 201 if it was
        made, 200 with the one that is there, 412 if the search finds several (FHIR R4 http,
        conditional create). The server does search and create in one step, so two gateways at the
        same moment make one order, too. The search has to name exactly what makes an order the
        same order, and that is the number together with who gave it.
    """,
    hints=(
        "A POST creates each time. FHIR R4 http, section conditional create, has a header for "
        "orders that may be there already.",
        "The header is If-None-Exist. Its value is a search without the type and without the "
        "question mark.",
        "headers={'If-None-Exist': f'identifier={system}|{value}'} with both from "
        "order['identifier'][0].",
    ),
    wrong=(
        Wrong(
            "plain-post",
            """
            def place(order):
                return requests.post(f"{base}/ServiceRequest", json=order)
            """,
            """You sent a plain POST. Sent twice it makes two orders, and the patient is scanned
            twice or somebody has to find out which one is meant.""",
        ),
        Wrong(
            "number-alone",
            """
            def place(order):
                query = "identifier=" + order["identifier"][0]["value"]
                return requests.post(
                    f"{base}/ServiceRequest", json=order, headers={"If-None-Exist": query}
                )
            """,
            """You searched for the number without its system. The other hospital has an order of
            the same number: the server found that one, and yours was never made.""",
        ),
        Wrong(
            "search-first",
            """
            def place(order):
                number = order["identifier"][0]
                found = requests.get(f"{base}/ServiceRequest", params={
                    "identifier": f"{number['system']}|{number['value']}"
                })
                if found.json()["total"]:
                    return found
                return requests.post(f"{base}/ServiceRequest", json=order)
            """,
            """You searched, and then created. Between the two another gateway does the same: both
            find nothing and both create. The server must do both in one step.""",
        ),
        Wrong(
            "type-in-the-search",
            """
            def place(order):
                number = order["identifier"][0]
                query = f"ServiceRequest?identifier={number['system']}|{number['value']}"
                return requests.post(
                    f"{base}/ServiceRequest", json=order, headers={"If-None-Exist": query}
                )
            """,
            """You wrote the type into If-None-Exist. Its value is what stands behind the question
            mark of a search, no more (FHIR R4 http, conditional create). Some servers forgive
            it; this one answers 400.""",
        ),
    ),
)

RULE = cite("FHIR R4", "http")


def _order(system: str, value: str, patient: str) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "identifier": [{"system": system, "value": value}],
        "subject": {"reference": f"Patient/{patient}"},
    }


def check(work: Work) -> Verdict:
    """Send an order twice, where another hospital has one of the same number."""
    ours, theirs = "urn:example:north:order", "urn:example:lakeside:order"
    with scratch(work) as mine:
        mine.create(_order(theirs, mine.name, "marblethorpe"))
        order = _order(ours, mine.name, "brackenfold")
        answers = [work.call(order), work.call(order)]
        there = mine.found("ServiceRequest", identifier=f"{ours}|{mine.name}")
    if all(answer in (None, ...) for answer in answers) and not there:
        return blank()
    statuses = [getattr(answer, "status_code", None) for answer in answers]
    if not there:
        mistake = "number-alone" if statuses == [200, 200] else ""
        sent = getattr(getattr(answers[0], "request", None), "headers", {})
        if "?" in sent.get("If-None-Exist", ""):
            mistake = "type-in-the-search"
        return failed(expected="the order on the server", got=f"it is not there: {statuses}",
                      rule=RULE, mistake=mistake)  # fmt: skip
    if len(there) > 1:
        return failed(expected="one order after it was sent twice", got=f"{len(there)} orders",
                      rule=RULE, mistake="plain-post")  # fmt: skip
    if None in statuses:
        return failed(expected="a function that returns the Response", got=answers[0], rule=RULE)
    headers = getattr(getattr(answers[0], "request", None), "headers", {})
    if "If-None-Exist" not in headers:
        return failed(expected="one request that creates only if there is none",
                      got=f"a plain POST at first, then {statuses[1]}", rule=RULE,
                      mistake="search-first")  # fmt: skip
    if statuses != [201, 200]:
        return failed(expected="201, then 200", got=f"{statuses}", rule=RULE)
    return passed("Sent twice and there once, beside an order of the same number.", rule=RULE)
