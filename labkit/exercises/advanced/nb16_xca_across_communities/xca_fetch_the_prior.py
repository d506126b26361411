"""Fetch the prior from Lakeside, as a reading room at North General gets it.

Query, manifest, images: three questions to one's own gateway.
"""

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.images import Images
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN, said

_RIGHT = """
    beyond = north.beyond()
    (entry,) = beyond.find_documents(marigold)
    (document,) = beyond.retrieve([entry])
    images = north.imaging().retrieve(read(document.data), home=entry.homeCommunityId)
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        # north.beyond() asks other communities, north.imaging() asks for images

        images = ...  # what retrieve() gives for her prior at Lakeside
    """,
    answer="images",
    expects=Images,
    reference=_RIGHT,
    explanation="""
        ITI-18 to the gateway finds the entry, ITI-43 fetches the manifest, RAD-69 the images that
        it lists; between the gateways these are ITI-38, ITI-39 and RAD-75. The homeCommunityId of
        the entry has to go along: a manifest names the source of the images and not the community
        (RAD TF-2 4.69.4.1.2).
    """,
    hints=(
        "Three steps: find_documents, retrieve of the entry, retrieve of what the manifest lists.",
        "read(document.data) makes a Manifest of the key object selection.",
        "north.imaging().retrieve(manifest, home=entry.homeCommunityId)",
    ),
    wrong=(
        Wrong(
            "own-registry",
            """
            own = north.consumer()
            documents = own.retrieve(own.find_documents(marigold))
            images = north.imaging().retrieve(read(documents[0].data))
            """,
            """You asked North General's own registry. It has her chest of this week; of another
            community it knows nothing. Ask beyond().""",
        ),
        Wrong(
            "past-the-gateways",
            """
            inside = lakeside.consumer()
            (document,) = inside.retrieve(inside.find_documents(LAKESIDE.patient("LK-20871")))
            images = lakeside.imaging().retrieve(read(document.data))
            """,
            """You asked as if you sat at Lakeside. The images are right, but nobody at North
            General has that connection, and no gateway has decided or recorded anything.""",
        ),
        Wrong(
            "manifest-only",
            """
            beyond = north.beyond()
            (entry,) = beyond.find_documents(marigold)
            (document,) = beyond.retrieve([entry])
            images = Images({document.uniqueId: document.data})
            """,
            """That is the manifest: a list of images, and no image. RAD-69 brings them.""",
        ),
    ),
)

RULE = cite("IHE RAD TF-2", "4.69")


def check(work: Work) -> Verdict:
    """Compare the images with Lakeside's, and with what went between the gateways."""
    images = work.answer
    prior = sample("cr-chest-prior")
    wanted = {str(ds.SOPInstanceUID) for ds in prior.datasets()}
    came = {str(ds.SOPClassUID.name) for ds in images.datasets()}
    if not images.files and not images.errors:
        return blank()
    if came == {"Key Object Selection Document Storage"}:
        return failed(expected="the images of the prior", got="a manifest", rule=RULE,
                      mistake="manifest-only")  # fmt: skip
    if set(images.files) != wanted:
        studies = {str(ds.StudyDescription) for ds in images.datasets()}
        return failed(expected=prior.description, got=", ".join(sorted(studies)) or "no image",
                      rule=RULE, mistake="own-registry")  # fmt: skip
    wire = [one.exchanged.data for one in said(work, "RAD-75")]
    if not any(data in message for data in images.files.values() for message in wire):
        return failed(expected="images that came between the gateways (RAD-75)",
                      got="images that no gateway has passed on", rule=RULE,
                      mistake="past-the-gateways")  # fmt: skip
    return passed("It is the prior, byte for byte what RAD-75 brought.", rule=RULE)
