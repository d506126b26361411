"""What did the PACS have to do? Read it out of the traces.

A retrieve that sixteen requests waited for is in sixteen records, and is one retrieve.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS, facade, request, step

_RIGHT = """
    def load(traces):
        finds, retrieves = 0, {}
        for trace in traces:
            zero = datetime.fromisoformat(trace["started"]).timestamp()
            for step in trace["steps"]:
                if step["service"] == "C-FIND":
                    finds += 1
                else:
                    end = zero + step["at"] + step["seconds"]
                    mine = step["pacs"], step["service"], end
                    same = next((r for r in retrieves
                                 if r[:2] == mine[:2] and abs(r[2] - end) < 0.05), mine)
                    retrieves[same] = step["bytes"]
        return finds, len(retrieves), sum(retrieves.values())
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def load(traces):
            ...  # (C-FINDs, retrieves, bytes that the PACS sent) of what these records tell

        # a retrieve is a C-GET or a C-MOVE; look at one: lab.proxy.traces(last=1)
    """,
    answer="load",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Each record tells what its own request waited for, so a shared retrieve stands in all of
        them, in each from that request's own beginning. What they have in common is the moment at
        which it ended: started + at + seconds. The bytes of a request are what went to the client,
        those of a step what came from the PACS, and with a good cache the two have little to do
        with each other.
    """,
    hints=(
        "Have sixteen readers ask at once and print the C-GET or C-MOVE of each record. How many "
        "did LEGACY see?",
        "A request that came later waited for less of it. Which moment of the retrieve is the "
        "same in each record?",
        'end = datetime.fromisoformat(trace["started"]).timestamp() + step["at"] + '
        'step["seconds"]; of one PACS and service, ends less than 0.05 s apart are one retrieve.',
    ),
    wrong=(
        Wrong(
            "shared-counted-again",
            _RIGHT.replace("abs(r[2] - end) < 0.05", "False").replace(
                "retrieves[same]", "retrieves[same + (len(retrieves),)]"
            ),
            """You counted a retrieve in each request that waited for it. By that the PACS works
            sixteen times as hard as it does, and you would ask for a larger one.""",
        ),
        Wrong(
            "misses-counted",
            """
            def load(traces):
                finds = sum(step["service"] == "C-FIND" for t in traces for step in t["steps"])
                missed = [t for t in traces if t["cache"] == "miss"]
                sent = sum(step["bytes"] for t in missed for step in t["steps"])
                return finds, len(missed), sent
            """,
            """You counted the requests that missed. One of them may need several retrieves, and
            one that was partly served may have begun its own.""",
        ),
        Wrong(
            "bytes-to-clients",
            _RIGHT.replace("sum(retrieves.values())", 'sum(t["bytes"] for t in traces)'),
            """You added up what went to the clients. The PACS sent less: what the cache gives it
            does not send.""",
        ),
        Wrong(
            "beginnings-compared",
            _RIGHT.replace('step["at"] + step["seconds"]', 'step["at"]'),
            """You told retrieves apart by their beginning. A record knows nothing from before its
            request, so each later one seems to begin a new one.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "C.4.3")


def check(work: Work) -> Verdict:
    """Have it read records of which the load is known."""
    find, shared = step(1.004, 0.004, "C-FIND", 1), step(1.904, 0.9, "C-GET", 40, 4000)
    own, late = step(2.304, 0.3, "C-MOVE", 2, 200), step(5.104, 0.1, "C-GET", 5, 500)
    second = step(5.304, 0.2, "C-GET", 5, 700)
    traces = [
        request(1, 1.0, 1.91, "miss", [find, shared], 4100),
        request(2, 1.2, 1.91, "shared", [step(1.204, 0.004, "C-FIND", 1), shared], 4100),
        request(3, 1.5, 2.31, "partly", [shared, own], 4300),
        request(4, 3.0, 3.1, "hit", [step(3.004, 0.004, "C-FIND", 1)], 4100),
        request(5, 4.0, 4.1, "none", [step(4.104, 0.1, "C-FIND", 9)], 900),
        request(6, 5.0, 5.31, "miss", [late, second], 1300),
    ]
    got = work.call(traces)
    if got is None or got is ...:
        return blank()
    if not isinstance(got, tuple) or len(got) != 3:
        return failed(expected="(C-FINDs, retrieves, bytes)", got=got, rule=RULE)
    finds, retrieves, size = got
    if finds != 4:
        return failed(expected="4 C-FINDs", got=f"{finds}", rule=RULE)
    if retrieves != 4:
        known = {6: "shared-counted-again", 2: "misses-counted"}
        mistake = known.get(retrieves, "")
        if retrieves == 6 and work.call(traces[:2])[2] == 4000 * 2:
            begun = work.call([traces[0], {**traces[0], "id": 9}])[1]
            mistake = "beginnings-compared" if begun == 1 else mistake
        return failed(expected="4 retrieves", got=f"{retrieves}", rule=RULE, mistake=mistake)
    if size != 5400:
        clients = sum(trace["bytes"] for trace in traces)
        return failed(expected="5400 bytes from the PACS", got=f"{size}", rule=RULE,
                      mistake="bytes-to-clients" if size == clients else "")  # fmt: skip
    live = work.call(facade(work).traces())
    if not isinstance(live, tuple) or len(live) != 3:
        return failed(expected="three numbers for the façade's own records", got=live, rule=RULE)
    return passed("Six records, four C-FINDs, four retrieves, each counted once.", rule=RULE)
