"""A link for one study, one recipient, once.

She wants Dr. Chen of City Hospital to see her chest CT, and when that is done she wants it over.
"""

from datetime import datetime
from typing import Any

from labkit.common import cite
from labkit.dicom import sample
from labkit.exchange.portal import Share
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import SECURE

_RIGHT = """
    token = hers()
    study = lab.sample("ct-chest").study_uid
    share = portal.share(token, study, "Practitioner/chen", hours=0.25)
    portal.shared(share.url, share.passcode)
    portal.revoke(token, share.id)
"""

EXERCISE = Exercise(
    secure=True,
    given=SECURE,
    blank="""
        token = hers()
        study = lab.sample("ct-chest").study_uid
        share = ...  # for Practitioner/chen, at most half an hour: portal.share(token, study, …)
        # have Dr. Chen look: portal.shared(link, passcode); then let the patient take the link back
    """,
    answer="share",
    expects=Share,
    reference=_RIGHT,
    explanation="""
        The link opens nothing without the passcode, and the passcode nothing without the link, so
        they go two ways. It is bound to a study and a recipient, ends by itself, and can be ended
        sooner. At each look the portal asks the consents about the recipient and the servers with
        the token of who shared: a look that was allowed a minute ago is asked about again. What
        has been seen is seen; what it was, by whom and on whose word is in the trail.
    """,
    hints=(
        "Three verbs: portal.share, portal.shared, portal.revoke. The first returns what the "
        "others need.",
        'portal.share(token, study, "Practitioner/chen", hours=0.25) has .url, .passcode and .id.',
        "portal.shared(share.url, share.passcode), then portal.revoke(token, share.id).",
    ),
    wrong=(
        Wrong(
            "left-open",
            _RIGHT.replace("    portal.revoke(token, share.id)\n", ""),
            """You left the link open. It is in a mailbox now, and opens for whoever has the
            passcode, until it ends.""",
        ),
        Wrong(
            "taken-back-first",
            _RIGHT.replace("    portal.shared(share.url, share.passcode)\n", ""),
            """You took it back before Dr. Chen looked. Nobody saw the study: look into
            trail.records().""",
        ),
        Wrong(
            "the-other-study",
            _RIGHT.replace('"ct-chest"', '"pt-chest"'),
            """You shared her PET. A link is bound to its study: the CT cannot be reached by it.""",
        ),
        Wrong(
            "for-the-whole-day",
            _RIGHT.replace("hours=0.25", "hours=1"),
            """You made it for longer than half an hour. Nobody comes back to end a link; it has to
            do that by itself.""",
        ),
        Wrong(
            "to-the-hospital",
            _RIGHT.replace("Practitioner/chen", "Organization/city"),
            """You shared with the whole of City Hospital. She meant one person, and the trail now
            says that anybody there may have looked.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "consent"), cite("RFC 9700", "4.3.2"))


def check(work: Work) -> Verdict:
    """Read the portal's own trail and try the link."""
    share, trail = work.answer, work.namespace.get("trail")
    portal: Any = work.namespace.get("portal")
    if trail is None or portal is None:
        return failed(expected="the notebook's portal and trail", got="they are not there",
                      rule=RULE, why="Run the cell that makes the portal.")  # fmt: skip
    records = list(trail.records())
    made = [r for r in records if r["action"] == "share" and r["allowed"]
            and r["what"].get("share") == share.id]  # fmt: skip
    if not made:
        return failed(expected="a share of this portal", got="no record of it", rule=RULE)
    seen = [r for r in records if r["actor"] == f"share/{share.id}" and r["allowed"]
            and r["action"] == "images"]  # fmt: skip
    ended = [r for r in records if r["action"] == "revoke" and r["allowed"]
             and r["what"].get("share") == share.id]  # fmt: skip
    length = float(made[0]["what"]["until"]) - _seconds(made[0]["at"])
    mistake = ""
    if share.recipient != "Practitioner/chen":
        mistake = "to-the-hospital" if share.recipient == "Organization/city" else ""
        said = share.recipient
    elif sample("ct-chest").study_uid != share.StudyInstanceUID:
        mistake, said = "the-other-study", "another study"
    elif length > 1860:
        mistake, said = "for-the-whole-day", f"{length / 60:.0f} minutes"
    elif not ended:
        mistake, said = "left-open", "the link still opens"
    elif not seen:
        mistake, said = "taken-back-first", "nobody has looked"
    else:
        return passed("Dr. Chen saw the CT once; the link opens nothing any more.", rule=RULE)
    wanted = "the chest CT, for Practitioner/chen, half an hour at most, seen and then ended"
    return failed(expected=wanted, got=said, rule=RULE, mistake=mistake)  # fmt: skip


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
