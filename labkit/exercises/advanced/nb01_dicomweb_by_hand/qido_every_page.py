"""Get every match of a search, whatever size the server's pages are.

A nightly job counts slices. A server gives at most so many matches at once, and images arrive
between two pages.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._relay import Answer, Asked, Forward, relay
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import service, uids

_REFERENCE = """
    def every(url, limit):
        found, offset = {}, 0
        while True:
            answer = requests.get(f"{url}?limit={limit}&offset={offset}", headers=JSON)
            page = answer.json() if answer.status_code == 200 else []
            if not page:
                return list(found.values())
            for match in page:
                found[match["00080018"]["Value"][0]] = match
            offset += len(page)
"""

EXERCISE = Exercise(
    given="""
        import requests
        JSON = {"Accept": "application/dicom+json"}
    """,
    blank="""
        def every(url, limit):
            ...  # all matches of a search for instances, each once; ask for limit at a time
    """,
    answer="every",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        What comes back is the least of three numbers: what is left, what you asked for, and what
        the server allows (PS3.18 8.3.4.4.1). So a page that is shorter than your limit is not the
        last one, and the offset goes on by what came. Behind the last match is 204, without a body.
        The order stays the same only while nothing is stored: then a match moves to the next page
        and comes twice, so keep them by UID. One that moves the other way is missed; a count at the
        end shows it, as Number of Series Related Instances (0020,1209) does.
    """,
    hints=(
        "Print the length of each page and the status of the answer, and ask for 10 of a server "
        "that gives 4.",
        "Go on until there is nothing: 204, or an empty list. Add to offset what came, not what "
        "you asked for.",
        "Keep the matches in a dict by SOP Instance UID, match['00080018']['Value'][0]; the one "
        "that comes twice then counts once.",
    ),
    wrong=(
        Wrong(
            "short-page-is-the-last",
            """
            def every(url, limit):
                found, offset = {}, 0
                while True:
                    answer = requests.get(f"{url}?limit={limit}&offset={offset}", headers=JSON)
                    page = answer.json() if answer.status_code == 200 else []
                    found |= {match["00080018"]["Value"][0]: match for match in page}
                    offset += len(page)
                    if len(page) < limit:
                        return list(found.values())
            """,
            """You took the first page that is shorter than your limit for the last. A server may
            allow fewer than you ask for; the count of the job is then its limit, every night.""",
        ),
        Wrong(
            "offset-by-the-limit",
            _REFERENCE.replace("offset += len(page)", "offset += limit"),
            """You went on by what you had asked for, not by what came. Where a server gives fewer,
            the matches in between are skipped.""",
        ),
        Wrong(
            "json-of-204",
            _REFERENCE.replace("answer.json() if answer.status_code == 200 else []",
                               "answer.json()"),
            """You read JSON out of every answer. Behind the last match the answer is 204 No Content
            and has no body at all (PS3.18 8.3.4.4.1).""",
        ),
        Wrong(
            "one-twice",
            _REFERENCE.replace("found, offset = {}, 0", "found, offset = [], 0")
            .replace('found[match["00080018"]["Value"][0]] = match', "found.append(match)")
            .replace("list(found.values())", "found"),
            """One match is in your list twice. Something was stored between two pages, and the last
            match of one page became the first of the next.""",
        ),
        Wrong(
            "first-page",
            """
            def every(url, limit):
                return requests.get(f"{url}?limit={limit}", headers=JSON).json()
            """,
            """You asked once. A limit is a request for some of the matches, and the first page
            looks exactly like a complete answer.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.18", "8.3.4.4.1")
CAP, LIMIT = 4, 10


def check(work: Work) -> Verdict:
    """Let it page a server that gives four at once and gets an image after the second page."""
    client = service(work).client()
    study = work.lab.sample("ct-chest").study_uid
    ct = next(ds for ds in client.series(study) if ds.Modality == "CT")
    path = f"/studies/{study}/series/{ct.SeriesInstanceUID}/instances"
    wanted = {str(ds.SOPInstanceUID) for ds in client.instances(study, ct.SeriesInstanceUID)}
    calls = 0

    def answer(asked: Asked, forward: Forward) -> Answer:
        nonlocal calls
        calls += 1
        query = dict(asked.query)
        offset = int(query.get("offset") or 0)
        limit = min(int(query.get("limit") or CAP), CAP)
        if calls > 2:
            offset = max(offset - 1, 0)  # one was stored, at the front of the list
        got = forward(asked.having(limit=str(limit), offset=str(offset)))
        if got.status == 200 and got.body.strip() == b"[]":
            return Answer(204, {}, b"")
        return got

    with relay(service(work).url, answer) as there:
        try:
            found = work.answer(there.url + path, LIMIT)
        except Exception as error:  # the learner's own code
            empty = "Expecting value" in str(error)
            return failed(expected="every match", got=f"{type(error).__name__}: {error}"[:200],
                          rule=RULE, mistake="json-of-204" if empty else "")  # fmt: skip
    if found in (None, ...) and not there.asked:
        return blank()
    if not isinstance(found, (list, tuple)) or not all(isinstance(each, dict) for each in found):
        return failed(expected="a list of the matches", got=found, rule=RULE)
    got = uids(list(found), "00080018")
    if set(got) == wanted and len(got) == len(wanted):
        return passed(f"{len(got)} slices, each once, off a server that gives {CAP} at a time "
                      "while images arrive.", rule=RULE)  # fmt: skip
    offsets = [int(dict(asked.query).get("offset") or 0) for asked in there.asked]
    mistake = ""
    if len(got) > len(set(got)):
        mistake = "one-twice"
    elif len(offsets) == 1 and "offset" not in dict(there.asked[0].query):
        mistake = "first-page"
    elif len(offsets) == 1:
        mistake = "short-page-is-the-last"
    elif offsets[1] - offsets[0] > CAP:
        mistake = "offset-by-the-limit"
    return failed(expected=f"{len(wanted)} slices, each once",
                  got=f"{len(got)} matches, {len(set(got))} different ones, "
                      f"in {len(offsets)} requests",
                  rule=RULE, mistake=mistake)  # fmt: skip
