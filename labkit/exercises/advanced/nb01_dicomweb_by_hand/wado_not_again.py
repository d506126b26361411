"""Ask for metadata again, and have it sent only if it has changed.

A viewer looks at the same study forty times a day. It has changed once.
"""

import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._relay import Answer, Asked, Forward, relay
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import service

_REFERENCE = """
    def headers_of(url, memory):
        known = memory.get(url)
        ask = dict(JSON, **({"If-None-Match": known[0]} if known else {}))
        answer = requests.get(url, headers=ask)
        if answer.status_code == 304:
            return known[1]
        answer.raise_for_status()
        memory[url] = answer.headers.get("ETag", ""), answer.json()
        return answer.json()
"""

EXERCISE = Exercise(
    given="""
        import requests
        JSON = {"Accept": "application/dicom+json"}
    """,
    blank="""
        def headers_of(url, memory):
            ...  # what url/metadata answers, as a list; memory is a dict that is yours to keep
    """,
    answer="headers_of",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        An ETag names one version of one answer. Given back in If-None-Match it makes the request
        conditional: 304 and no body if nothing has changed, else 200 with a new ETag (RFC 9110
        13.1.2). The tag is opaque, its quotes belong to it, and JSON and XML of the same study have
        different ones. PS3.18 leaves caching to HTTP; a server without ETags sends everything
        each time, and your function still works.
    """,
    hints=(
        "Look at answer.headers of two requests for the same metadata. What stays the same?",
        "Send the ETag that you got in If-None-Match. The status of the second answer is not 200.",
        "On 304 there is no body: return what you kept in memory. On 200 keep the new ETag with "
        "the new list.",
    ),
    wrong=(
        Wrong(
            "always-whole",
            """
            def headers_of(url, memory):
                return requests.get(url, headers=JSON).json()
            """,
            """You fetched it whole each time. The server had to make it, the network to carry it,
            and it was the same.""",
        ),
        Wrong(
            "never-again",
            """
            def headers_of(url, memory):
                if url not in memory:
                    memory[url] = requests.get(url, headers=JSON).json()
                return memory[url]
            """,
            """You never asked again. The study was changed, a patient's name was corrected perhaps,
            and your viewer shows the old one until somebody restarts it.""",
        ),
        Wrong(
            "empty-on-304",
            _REFERENCE.replace("return known[1]", "return []"),
            """You returned an empty list on 304. It means that nothing has changed, not that
            nothing is there.""",
        ),
        Wrong(
            "tag-without-quotes",
            _REFERENCE.replace("known[0]}", "known[0].strip(chr(34))}"),
            """You sent the tag without its quotes. They are a part of it (RFC 9110 8.8.3), so the
            server does not know it again and sends everything.""",
        ),
        Wrong(
            "old-tag-kept",
            _REFERENCE.replace(
                'memory[url] = answer.headers.get("ETag", ""), answer.json()',
                'memory.setdefault(url, (answer.headers.get("ETag", ""), answer.json()))',
            ),
            """After the change you kept the first version and its tag. From then on the server
            sends everything each time, because your tag is an old one.""",
        ),
    ),
)

RULE = (cite("RFC 9110", "13.1.2"), cite("RFC 9110", "8.8.3"))


def check(work: Work) -> Verdict:
    """Call it four times; the study changes after the second."""
    ds = work.lab.sample("dx-hand").datasets()[0]
    path = f"/studies/{ds.StudyInstanceUID}/metadata"
    changed, statuses = False, list[int]()

    def answer(asked: Asked, forward: Forward) -> Answer:
        plain = {k: v for k, v in asked.headers.items() if k != "if-none-match"}
        got = forward(Asked(asked.method, asked.target, plain))
        body = got.body.replace(b"Brackenfold", b"Brackenfield") if changed else got.body
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        same = tag in [each.strip() for each in asked.headers.get("if-none-match", "").split(",")]
        statuses.append(304 if same else got.status)
        headers = {k: v for k, v in got.headers.items() if k.lower() != "etag"} | {"ETag": tag}
        return Answer(304, {"ETag": tag}, b"") if same else Answer(got.status, headers, body)

    memory: dict[object, object] = {}
    results = []
    with relay(service(work).url, answer) as there:
        for turn in range(4):
            changed = turn >= 2
            results.append(work.call(there.url + path, memory))
    if all(result in (None, ...) for result in results) and not there.asked:
        return blank()
    expected = "200, 304, 200, 304, and the metadata each time"
    got = f"the server answered {', '.join(map(str, statuses)) or 'nothing'}"
    if not all(isinstance(result, list) for result in results):
        return failed(expected="a list of data sets each time", got=results[-1], rule=RULE)
    mistake = ""
    if len(statuses) < 4:
        mistake = "never-again"
    elif not any("if-none-match" in asked.headers for asked in there.asked):
        mistake = "always-whole"
    elif 304 not in statuses:
        bare = [asked.headers.get("if-none-match", "") for asked in there.asked[1:]]
        mistake = "tag-without-quotes" if all('"' not in tag for tag in bare) else ""
    elif not all(results):
        mistake, got = "empty-on-304", got + ", and an empty list came out"
    elif statuses == [200, 304, 200, 304]:
        if results[0] == results[1] != results[2] == results[3]:
            return passed("Sent twice, asked for four times, and never out of date.", rule=RULE)
        got += ", and an old version came out"
    elif statuses[3] == 200:
        mistake = "old-tag-kept"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
