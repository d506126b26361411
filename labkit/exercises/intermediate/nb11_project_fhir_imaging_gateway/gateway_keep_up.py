"""Gateway 4: keep up with what arrives.

A new study, and a late series of an old one. What has not changed is left in peace.
"""

from labkit.common import cite
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import (
    IMPORTS,
    MAP,
    PUBLISH,
    READ,
    SYNC,
    by_uid,
    faults_of,
    uid_of,
)

_ARRIVE = """
    def arrive():
        late = sample("us-heart").datasets()[0]
        late.SeriesNumber, late.SeriesInstanceUID = 2, generate_uid()
        late.SOPInstanceUID = late.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        store(lab.archive, [late, *sample("dx-hand-followup").datasets()])
"""
_ROUNDS = """
    seen = {}
    rounds = [sync(ask, seen, "20260114-")]
    arrive()
    rounds.append(sync(ask, seen, "20260114-"))
    rounds.append(sync(ask, seen, "20260114-"))
"""

EXERCISE = Exercise(
    given=IMPORTS + READ + MAP + PUBLISH + _ARRIVE,
    blank="""
    def sync(ask, seen, dates):
        ...  # publish what is new or has changed; return the Study Instance UIDs of these
    """
    + _ROUNDS,
    answer="rounds",
    expects=list,
    reference=SYNC + _ROUNDS,
    explanation="""
        What was published last is the best memory of what was seen: a late series, a corrected name
        and a deleted image each make another Bundle, and no list of cases is needed. The price is a
        walk through the window at every round, so the window is short: today and yesterday. A
        mark by Study Date alone would miss the series that comes the next morning for a study of
        yesterday, and Study Date is when it was made, not when it arrived.
    """,
    hints=(
        "What do you have to remember of a study, to know that it has changed?",
        "seen[uid] = the Bundle that you published. Map it again at each round and compare.",
        "for uid in studies_of(ask, dates): bundle = to_bundle(read_study(ask, uid)); publish it, "
        "remember it and collect uid if seen.get(uid) != bundle.",
    ),
    wrong=(
        Wrong(
            "known-is-done",
            SYNC.replace("if seen.get(uid) != bundle:", "if uid not in seen:") + _ROUNDS,
            """You skipped each study whose UID you had seen. The late series came, and the EHR
            shows the study as it was in the morning.""",
        ),
        Wrong(
            "everything-again",
            SYNC.replace("if seen.get(uid) != bundle:", "if bundle:") + _ROUNDS,
            """You published everything at every round. The EHR sees a new version of each study
            every minute, and whoever subscribed is told of each.""",
        ),
        Wrong(
            "replaced-by-the-late",
            SYNC.replace(
                "bundle = to_bundle(read_study(ask, uid))",
                """headers = list(read_study(ask, uid))
            old = seen.get(uid, set())
            new = [h for h in headers if h.SOPInstanceUID not in old]
            bundle = to_bundle(new) if new else None""",
            )
            .replace("if seen.get(uid) != bundle:", "if bundle:")
            .replace("seen[uid] = bundle", "seen[uid] = {h.SOPInstanceUID for h in headers}")
            + _ROUNDS,
            """You mapped the late instances alone and PUT the result. A PUT replaces: the series
            of the morning is gone from the EHR. Map the whole study, or use merge.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "http"), cite("PS3.4", "C.4.1"))


def check(work: Work) -> Verdict:
    """Look at the three rounds, and at what the EHR has of them."""
    rounds = work.answer
    if not any(rounds):
        return blank("No round published anything.")
    if len(rounds) != 3 or not all(isinstance(r, (list, tuple, set)) for r in rounds):
        return failed(expected="three rounds, each the UIDs of what it published", got=rounds,
                      rule=RULE)  # fmt: skip
    heart = uid_of("us-heart")
    if {*map(str, rounds[2])}:
        return failed(expected="nothing in the third round: nothing came in",
                      got=f"{len(rounds[2])} studies", rule=RULE,
                      mistake="everything-again")  # fmt: skip
    for slug in ("pt-chest", "us-heart", "dx-hand-followup"):
        words, _ = faults_of(work, slug)
        if words:
            return failed(expected="each study once, whole, under its patient", got=words,
                          rule=RULE)  # fmt: skip
    there = find(work.lab.archive, identifier("SERIES", StudyInstanceUID=heart,
                                              SeriesInstanceUID=""))  # fmt: skip
    study = by_uid(work, heart)[0]
    got = study.get("numberOfSeries")
    if got != len(there):
        mistake = "known-is-done" if heart not in map(str, rounds[1]) else "replaced-by-the-late"
        return failed(expected=f"{len(there)} series of the echocardiogram, as ARCHIVE has",
                      got=f"{got}", rule=RULE, mistake=mistake)  # fmt: skip
    if heart not in map(str, rounds[1]):
        return failed(expected="the echocardiogram in the second round", got="it is not there",
                      rule=RULE)  # fmt: skip
    return passed("The late series counts, the new study is there, and then there is silence.",
                  rule=RULE)  # fmt: skip
