"""Ask what is new, and miss nothing.

Notices may be lost. A poll makes it good, if it looks in the right place and remembers the right
moment.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import GIVEN, server

_RIGHT = """
    def poll(base, since):
        url, found, newest = f"{base}/ImagingStudy/_history", set(), since
        parameters = {"_since": since} if since else {}
        while url:
            bundle = requests.get(url, params=parameters).json()
            for entry in bundle.get("entry", []):
                id_, version, at = version_of(entry)
                found.add((id_, version))
                newest = max(newest, at)
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            url, parameters = links.get("next"), {}
        return found, newest
"""
_SEARCH = """
    def poll(base, since):
        url, found, newest = f"{base}/ImagingStudy", set(), since
        parameters = {"_lastUpdated": f"ge{since}"} if since else {}
        while url:
            bundle = requests.get(url, params=parameters).json()
            for entry in bundle.get("entry", []):
                id_, version, at = version_of(entry)
                found.add((id_, version))
                newest = max(newest, at)
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            url, parameters = links.get("next"), {}
        return found, newest
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def poll(base, since):
            ...  # (a set of (id, versionId), the moment to ask from next time)

        # every version of every ImagingStudy that was written since, deletions too
        # since: what the last call returned; "" the first time
        # version_of(entry) reads an entry of a history: id, versionId, lastUpdated
    """,
    answer="poll",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The history of a type has every version, deletions among them (FHIR R4 http, history); a
        search shows what is there now. The moment to go on from is one of the server's own, since
        no two clocks agree, and it is asked for again with the next poll: what was written in the
        same millisecond is not missed, and what comes twice does no harm where each version is
        counted once. A real poller goes back further still, as writes may become visible late.
    """,
    hints=(
        "Two questions: where does the server show what is no longer there, and whose clock says "
        "what 'since' means?",
        "[base]/ImagingStudy/_history?_since=…, and each next link of the answer.",
        "Return the newest lastUpdated that you saw, as the server wrote it.",
    ),
    wrong=(
        Wrong(
            "search-by-last-updated",
            _SEARCH,
            """You searched by _lastUpdated. A search finds what is there now: a study that was
            deleted is not in it, nor a version that was overwritten. The portal goes on showing
            both.""",
        ),
        Wrong(
            "first-page",
            _RIGHT.replace('links.get("next")', "None"),
            """You took the first page alone. After a quiet night that is enough; after a
            migration it is not, and what you left out is never asked for again.""",
        ),
        Wrong(
            "own-clock",
            _RIGHT.replace("return found, newest",
                           "from datetime import datetime, timezone\n"
                           "        return found, datetime.now(timezone.utc).isoformat()"),
            """You remembered the time by your own clock. The server's is behind yours: everything
            that it writes until then is before your 'since', and is lost.""",
        ),
        Wrong(
            "after-the-last",
            _RIGHT.replace("found.add((id_, version))",
                           "if at > since:\n                    found.add((id_, version))"),
            """You left out what has the moment you asked from. Two writes may have the same one,
            and the second came after your last poll.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "search"))
_STUDY: dict[str, Any] = {"resourceType": "ImagingStudy", "status": "available"}


def check(work: Work) -> Verdict:
    """Let it poll a server whose clock is slow, between writes."""
    with server() as (client, url, clock):
        first = client.create({**_STUDY, "subject": {"reference": "Patient/ann"}})["id"]
        begun = work.call(url, "")
        if begun is None or begun is ...:
            return blank("It returns nothing yet.")
        if not (isinstance(begun, tuple) and len(begun) == 2):
            return failed(expected="a set, and the moment to go on from", got=begun, rule=RULE)
        _, since = begun
        same = client.create(_STUDY | {"subject": {"reference": "Patient/bob"}})["id"]
        got, since = _answer(work, url, since)
        if (same, "1") not in got:
            own = str(since) > "2026-01-16"
            return failed(expected="what was written in the moment of the last poll",
                          got="it is not found", rule=RULE,
                          mistake="own-clock" if own else "after-the-last")  # fmt: skip
        clock.tick()
        for owner in ("bob", "ann"):
            client.update({**_STUDY, "id": first, "subject": {"reference": f"Patient/{owner}"}})
        client.delete(f"ImagingStudy/{same}")
        got, since = _answer(work, url, since)
        wanted = {(first, "2"), (first, "3"), (same, "2")}
        if not wanted <= got:
            return failed(expected="two updates and a deletion",
                          got=f"{len(wanted & set(got))} of the three", rule=RULE,
                          mistake="search-by-last-updated")  # fmt: skip
        clock.tick()
        subject = {"subject": {"reference": "Patient/ann"}}
        many = {client.create({**_STUDY, **subject})["id"] for _ in range(120)}
        got, _ = _answer(work, url, since)
    if not {(id_, "1") for id_ in many} <= got:
        return failed(expected="120 studies of a busy hour",
                      got=f"{len({(i, '1') for i in many} & got)} of them", rule=RULE,
                      mistake="first-page")  # fmt: skip
    return passed("Nothing was missed: deletions, overwritten versions, the same moment.",
                  rule=RULE)  # fmt: skip


def _answer(work: Work, url: str, since: Any) -> tuple[set[Any], Any]:
    """Call it; what is no pair of versions and a moment has found nothing."""
    got = work.call(url, since)
    if not (isinstance(got, (tuple, list)) and len(got) == 2):
        return set(), ""
    found, moment = got
    if not isinstance(found, (set, frozenset, list, tuple)):
        return set(), moment
    return {tuple(one) if isinstance(one, list) else one for one in found}, moment
