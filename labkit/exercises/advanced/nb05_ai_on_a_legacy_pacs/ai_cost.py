"""What does it cost the PACS?

You are asked whether the old PACS will bear it. Answer with numbers, not with a feeling.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def cost(traces):
        own = [step for trace in traces if trace["cache"] != "shared" for step in trace["steps"]]
        moved = [step for step in own if step["service"] in ("C-MOVE", "C-GET")]
        return {"questions": sum(step["service"] == "C-FIND" for step in own),
                "objects": sum(step["count"] for step in moved),
                "bytes": sum(step["bytes"] for step in moved)}
"""

EXERCISE = Exercise(
    blank="""
    def cost(traces):
        ...  # {"questions": C-FINDs, "objects": that the PACS sent, "bytes": of these objects}

    # traces as lab.proxy.traces() gives them; a request with cache "shared" waited for the
    # retrieval of another, and lists the same steps
    """,
    answer="cost",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        What the PACS bears are DIMSE operations, not HTTP requests: a request that the cache
        answers costs it nothing, and one retrieval may serve many. Where several requests wait for
        the same retrieval each trace lists it, so counting every step counts the same objects
        again. What the client got in bytes is another number: decoded frames are larger.
    """,
    hints=(
        "Print one trace of each kind of cache: hit, miss, shared. Which have steps?",
        "Steps are what the PACS did. Leave those of shared traces out: another trace has them.",
        "C-FIND steps are questions; count and bytes of C-MOVE and C-GET steps are the rest.",
    ),
    wrong=(
        Wrong(
            "http-requests",
            """
    def cost(traces):
        return {"questions": len(traces), "objects": len(traces),
                "bytes": sum(trace["bytes"] for trace in traces)}
""",
            """You counted what the client asked and got. The PACS saw less of it, thanks to the
            cache, and other bytes: objects, not decoded frames.""",
        ),
        Wrong(
            "shared-twice",
            _RIGHT.replace(' if trace["cache"] != "shared"', ""),
            """You counted a retrieval once for each request that waited for it. The PACS did it
            once.""",
        ),
        Wrong(
            "matches-as-objects",
            _RIGHT.replace('sum(step["count"] for step in moved)',
                           'sum(step["count"] for step in own)'),
            """You added the matches of the questions to the objects. A match is a line of text;
            nothing of an image moves for it.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.1"), cite("PS3.4", "C.4.2"))


def _step(service: str, level: str, count: int, size: int = 0) -> dict[str, Any]:
    return {"at": 0.01, "seconds": 0.1, "pacs": "LEGACY", "service": service, "level": level,
            "association": "reused", "status": "0000", "meaning": "Success", "count": count,
            "bytes": size}  # fmt: skip


def _trace(cache: str, size: int, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"format": "labkit-proxy-trace/1", "method": "GET", "target": "/studies/1.2",
            "status": 200, "seconds": 0.4, "first_byte": 0.1, "bytes": size, "cache": cache,
            "steps": list(steps)}  # fmt: skip


def traces() -> list[dict[str, Any]]:
    """Return a morning: searches, a retrieval that two shared, one by C-GET, hits."""
    moved = _step("C-MOVE", "SERIES", 20, 2_640_000)
    return [
        _trace("none", 900, _step("C-FIND", "STUDY", 2)),
        _trace("none", 700, _step("C-FIND", "STUDY", 1), _step("C-FIND", "SERIES", 3)),
        _trace("miss", 131_072, _step("C-FIND", "IMAGE", 20), moved),
        _trace("shared", 131_072, moved),
        _trace("hit", 131_072),
        _trace("partly", 262_144, _step("C-GET", "IMAGE", 5, 660_000)),
        _trace("hit", 131_072),
    ]


def check(work: Work) -> Verdict:
    """Hand it a morning whose cost is known."""
    got = work.call(traces())
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    right = {"questions": 4, "objects": 25, "bytes": 3_300_000}
    if got == right:
        return passed("4 questions and 25 objects for seven requests.", rule=RULE)
    mistake = ""
    if isinstance(got, dict):
        mistake = {7: "http-requests", 45: "shared-twice", 51: "matches-as-objects"}.get(
            got.get("objects", 0), ""
        )
    return failed(expected=right, got=got, rule=RULE, mistake=mistake)
