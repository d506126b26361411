"""Change a study while somebody else does, and lose nothing.

Two people correct the same study at the same time. The second save must not undo the first.
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
        def amend(url, change):
            ...  # read, change(resource), save only if nobody has saved since; else try again
    """,
    answer="amend",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def amend(url, change):
            for attempt in range(5):
                read = requests.get(url)
                resource = read.json()
                change(resource)
                saved = requests.put(
                    url, json=resource, headers={"If-Match": read.headers["ETag"]}
                )
                if saved.status_code not in (412, 409):  # HAPI FHIR answers 409
                    return saved
            return saved
    """,
    explanation="""
        The ETag of a read is the version, written W/"3". If-Match gives it back with the save: 412
        Precondition Failed means that the resource has moved on, and nothing was written (FHIR R4
        http, managing resource contention); HAPI FHIR 8.8.0 says 409 Conflict. No lock is held, so
        a client that dies locks nobody out. What was read is old after a 412, so the change has to
        be made anew on what is there now. And the tries are counted, since a resource that others
        write to all the time would keep it going for ever.
    """,
    hints=(
        "A read answers with the header ETag. Which header gives it back when you save?",
        "PUT with If-Match and the ETag of the read. At 412 nothing was written: what do you have "
        "to do again?",
        "In a loop of a few tries: GET, change(resource), PUT with headers={'If-Match': "
        "read.headers['ETag']}; return unless the status is 412 (or 409).",
    ),
    wrong=(
        Wrong(
            "no-if-match",
            """
            def amend(url, change):
                resource = requests.get(url).json()
                change(resource)
                return requests.put(url, json=resource)
            """,
            """You saved without If-Match. What your colleague saved after you had read is undone,
            and neither of you is told.""",
        ),
        Wrong(
            "gives-up",
            """
            def amend(url, change):
                read = requests.get(url)
                resource = read.json()
                change(resource)
                return requests.put(
                    url, json=resource, headers={"If-Match": read.headers["ETag"]}
                )
            """,
            """Nothing of the colleague's was lost, since the server refused the save. But your own
            change is not there either: read again and try again.""",
        ),
        Wrong(
            "new-tag-old-content",
            """
            def amend(url, change):
                resource = requests.get(url).json()
                change(resource)
                tag = requests.get(url).headers["ETag"]
                return requests.put(url, json=resource, headers={"If-Match": tag})
            """,
            """You saved the old content under the newest ETag. The server believes that you have
            seen what your colleague wrote, and lets you undo it.""",
        ),
    ),
)

RULE = cite("FHIR R4", "http")


def check(work: Work) -> Verdict:
    """Let a colleague save while the learner's function has the resource in hand."""
    with scratch(work) as mine:
        made = mine.create({
            "resourceType": "ImagingStudy",
            "status": "available",
            "subject": {"reference": "Patient/brackenfold"},
        })  # fmt: skip
        reference = f"ImagingStudy/{made['id']}"
        calls = 0

        def change(resource: dict[str, Any]) -> dict[str, Any]:
            nonlocal calls
            calls += 1
            if calls == 1:
                now = mine.client.read(reference)
                mine.client.update({**now, "description": "CT of the head"})
            resource["status"] = "cancelled"
            return resource

        answer = work.call(f"{work.lab.fhir.url}/{reference}", change)
        after = mine.client.read(reference)
    if answer in (None, ...) and not calls:
        return blank()
    lost, done = "description" not in after, after["status"] == "cancelled"
    sent = getattr(getattr(answer, "request", None), "headers", {})
    if lost:
        mistake = "new-tag-old-content" if "If-Match" in sent else "no-if-match"
        return failed(expected="both changes", got="the colleague's description is gone",
                      rule=RULE, mistake=mistake)  # fmt: skip
    if not done:
        gave_up = getattr(answer, "status_code", None) in (409, 412)
        return failed(expected="both changes", got="the colleague's alone", rule=RULE,
                      mistake="gives-up" if gave_up else "")  # fmt: skip
    if "If-Match" not in sent:
        return failed(expected="the Response of a PUT with If-Match", got=answer, rule=RULE)
    return passed("The colleague's change and yours are both there.", rule=RULE)
