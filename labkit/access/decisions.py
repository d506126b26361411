"""Decisions for a server that is not ours: ``POST /decide``.

A product has no `AccessPolicy`. It can ask one, over HTTP, at each resource that it is about to
show and at each write: HAPI FHIR does so from its ConsentInterceptor (``containers/fhir``). The
product passes on the bearer token that it was given; what the token proves is found out here, so
that nothing rests on what a product says of who asks. ::

    app = decisions_app(policy, key=key, grants=verifier.verify, base_url=fhir_url)

A request, with the key that both sides share in the header ``x-labkit-key``::

    {"token": "eyJ…", "questions": [{"action": "read", "resource": {"resourceType": …}},
                                    {"action": "search", "about": {"resourceType": "Patient"}}]}

and its answer, a decision for each question in the same order::

    {"decisions": [{"allowed": false, "reason": "…"}, {"allowed": true, "reason": "…"}]}

``resource`` is a whole resource, from which the question is made as the embedded server makes it;
``about`` is that question itself, where there is no resource. Serve it on loopback or in the closed
network of the containers: the key is all that guards it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from labkit.access.grant import Grant, granted
from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.errors import LabkitError, UsageError
from labkit.fhir.messages import about_resource

KEY = "x-labkit-key"
SHORTEST_KEY = 16
"""Characters that the shared key has at least."""
MAX_BODY = 32 << 20
"""Bytes of a request: as many as the FHIR server takes."""
MAX_QUESTIONS = 1000

Grants = Callable[[str], Grant]
"""Says what a token proves; raises where it proves nothing."""


class _Question(NamedTuple):
    action: str
    about: dict[str, str]


class _Malformed(ValueError):
    """The request is not what this service takes."""


def decisions_app(
    policy: AccessPolicy,
    *,
    key: str,
    grants: Grants,
    base_url: str,
    actor: str = "anonymous",
) -> Starlette:
    """Make the service.

    Parameters
    ----------
    policy
        Decides.
    key
        Shared with the product; at least `SHORTEST_KEY` characters.
    grants
        Called with each bearer token, such as ``Verifier.verify``.
    base_url
        The product's base URL, as clients know it: what it refers to below it is its own.
    actor
        Who asks, for the policy, where no token was given.

    Raises
    ------
    UsageError
        The key is too short to be one.
    """
    if len(key) < SHORTEST_KEY:
        raise UsageError(
            f"A key for decisions has at least {SHORTEST_KEY} characters.",
            remedy="Make one: python -c 'import secrets; print(secrets.token_urlsafe())'",
        )
    node = base_url.rstrip("/")

    async def endpoint(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(KEY, "").encode(), key.encode()):
            return _answer({"error": "the key is missing or wrong"}, 401)
        try:
            token, questions = _read(await _body(request), node)
        except _Malformed as error:
            return _answer({"error": str(error)}, 400)
        made = await run_in_threadpool(_decided, policy, grants, token, questions, node, actor)
        return _answer({"decisions": [{"allowed": d.allowed, "reason": _told(d)} for d in made]})

    return Starlette(routes=[Route("/decide", endpoint, methods=["POST"])])


def _told(decision: Decision) -> str:
    """Give the reason, unless it tells of data: the product may show it to whom it refuses."""
    return "" if decision.private else decision.reason


def _answer(content: Any, status: int = 200) -> Response:
    # A decision holds for the moment in which it was made.
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY:
                raise _Malformed(f"a request has at most {MAX_BODY} bytes here")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise _Malformed("the request broke off") from error
    return b"".join(chunks)


def _read(body: bytes, base_url: str) -> tuple[str, list[_Question]]:
    """Read a request.

    Raises
    ------
    _Malformed
        It cannot be read: then nothing is decided, also not the part that could be read.
    """
    try:
        data = json.loads(body)
        token, questions = data["token"], data["questions"]
        if not isinstance(token, str) or not isinstance(questions, list):
            raise _Malformed("token is a text, questions is a list")
        if len(questions) > MAX_QUESTIONS:
            raise _Malformed(f"a request has at most {MAX_QUESTIONS} questions here")
        return token, [_question(item, base_url) for item in questions]
    except _Malformed:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Malformed(f"the request cannot be read ({type(error).__name__})") from error


def _question(item: Any, base_url: str) -> _Question:
    action = item["action"]
    if not isinstance(action, str) or not action:
        raise _Malformed("a question has an action")
    if ("about" in item) == ("resource" in item):
        raise _Malformed("a question has either a resource or what it is about")
    if "resource" in item:
        about: Any = about_resource(item["resource"], base_url)
    else:
        about = item["about"]
    fits = isinstance(about, Mapping) and all(isinstance(value, str) for value in about.values())
    if not fits or not about.get("resourceType"):
        raise _Malformed("about is an object of texts with a resourceType")
    return _Question(action, dict(about))


def _decided(
    policy: AccessPolicy,
    grants: Grants,
    token: str,
    questions: list[_Question],
    node: str,
    actor: str,
) -> list[Decision]:
    grant, problem = _grant(grants, token)
    if problem:
        return [Decision(False, problem) for _ in questions]
    asks = grant.subject or grant.client_id if grant else actor
    with granted(grant):
        return [
            decide(policy, AccessRequest(asks, question.action, node, question.about))
            for question in questions
        ]


def _grant(grants: Grants, token: str) -> tuple[Grant | None, str]:
    """Say what a token proves, or why nothing; without one, policies see that nobody is known."""
    if not token:
        return None, ""
    try:
        return grants(token), ""
    except LabkitError as error:
        return None, f"the token is refused: {error.message}"
    except Exception as error:  # whatever a verifier stumbles over, it has verified nothing
        return None, f"the token is refused ({type(error).__name__})"
