"""Two images are rejected, and the registry still lists them.

A rejection note reaches the archive. The manifests are the source's to put right.
"""

from typing import Any

from labkit.common import cite
from labkit.exchange.manifests.practice import Practice
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import PUBLISHED

EXERCISE = Exercise(
    given=PUBLISHED,
    blank="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    entry = publish(clinic.source, manifest, NORTH, NOW)
    # `note` rejects two images of `manifest`, which is published as `entry`. Put clinic's
    # registry right, at `later`.
    ...
    """,
    answer="clinic",
    expects=Practice,
    reference="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    entry = publish(clinic.source, manifest, NORTH, NOW)
    after = without(manifest, read(note).instance_uids, when=later)
    publish(clinic.source, after, NORTH, later, replaces=entry)
    """,
    explanation="""
        A source that makes objects unavailable which a published manifest lists shall submit one
        without them, as a replacement (RAD TF-2 4.68.4.1.2.1). The association RPLC makes the
        registry deprecate the old document in the same act, so that nobody finds two. The new
        manifest is a new document with a UID of its own.
    """,
    hints=(
        "Which objects are they? read(note).instance_uids.",
        "without(manifest, uids, when=later) is the manifest that does not list them.",
        "publish(clinic.source, that, NORTH, later, replaces=entry).",
    ),
    wrong=(
        Wrong(
            "published-beside",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            entry = publish(clinic.source, manifest, NORTH, NOW)
            after = without(manifest, read(note).instance_uids, when=later)
            publish(clinic.source, after, NORTH, later)
            """,
            """You published the new manifest beside the old one. The registry now has two current
            documents of one study, and half of the readers take the wrong one.""",
        ),
        Wrong(
            "still-listed",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            entry = publish(clinic.source, manifest, NORTH, NOW)
            after = gather(chest, "mado", maker=site.maker, when=later)
            publish(clinic.source, after, NORTH, later, replaces=entry)
            """,
            """The old manifest is replaced, but yours lists the two images again: you gathered all
            objects and left the note out. With the note among them gather() leaves them out.""",
        ),
        Wrong(
            "note-as-document",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            entry = publish(clinic.source, manifest, NORTH, NOW)
            told = read(note)
            publish(clinic.source, told, NORTH, later, replaces=entry,
                    patient=NORTH.patient("NG-100457"))
            """,
            """You published the rejection note in place of the manifest. It is a list too, but of
            what must not be used, and a reader who does not look at the title shows just that.""",
        ),
    ),
)

RULE = (cite("IHE RAD TF-2", "4.68.4.1.2.1"), cite("IHE ITI TF-3", "4.2.2.2.3"))


def check(work: Work) -> Verdict:
    """Look at what the registry gives out now."""
    from labkit.exchange.manifests import read
    from labkit.exchange.parties import NORTH
    from labkit.exchange.xds import DEPRECATED

    site: Any = work.answer
    if not hasattr(site, "consumer"):
        return failed(expected="clinic", got=site, rule=RULE)
    patient = NORTH.patient("NG-100457")
    chest = [e for e in site.consumer.find_documents(patient) if _of_chest(e)]
    old = [e for e in site.consumer.find_documents(patient, status=DEPRECATED) if _of_chest(e)]
    if len(chest) > 1:
        return failed(expected="one current document of the study", got=f"{len(chest)} of them",
                      rule=RULE, mistake="published-beside")  # fmt: skip
    if not chest:
        return failed(expected="one current document of the study", got="none", rule=RULE)
    manifest = read(site.consumer.retrieve(chest)[0].data)
    if not old:
        return blank("The registry has the manifest as it was.")
    if manifest.is_rejection:
        return failed(expected="a manifest of 42 objects", got=str(manifest), rule=RULE,
                      mistake="note-as-document")  # fmt: skip
    wrong = _rejected() & set(manifest.instance_uids)
    count = len(manifest.instance_uids)
    if count == 42 and wrong:
        return failed(expected="42 objects, none of which is rejected",
                      got=f"42 objects, {len(wrong)} of them rejected", rule=RULE)  # fmt: skip
    if count != 42:
        return failed(expected="42 objects", got=f"{count}", rule=RULE,
                      mistake="still-listed" if count == 44 else "")  # fmt: skip
    return passed("One current document with 42 objects; the old one is deprecated.", rule=RULE)


def _rejected() -> set[str]:
    from labkit.dicom import sample

    chest = [ds for ds in sample("ct-chest").datasets() if ds.Modality == "CT"]
    return {str(ds.SOPInstanceUID) for ds in chest[:2]}


def _of_chest(entry: Any) -> bool:
    from labkit.dicom import sample

    uid = sample("ct-chest").study_uid
    return any(reference.startswith(f"{uid}^") for reference in entry.referenceIdList)
