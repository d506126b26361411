"""Publish a study so that its accession number finds it.

A registry knows of an image what somebody told it.
"""

from typing import Any

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.dicom import sample
from labkit.exchange.manifests.practice import Practice
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import SITE

EXERCISE = Exercise(
    given=SITE,
    blank="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    # Publish Marigold's chest radiograph (sample "dx-chest", accession number NG2600103) there:
    # a manifest with description (MADO), at NOW.
    images = sample("dx-chest").datasets()
    ...
    """,
    answer="clinic",
    expects=Practice,
    reference="""
    clinic = Practice()  # a North General of your own: run the cell as often as you like
    images = sample("dx-chest").datasets()
    radiograph = gather(images, "mado", maker=site.maker, when=NOW)
    publish(clinic.source, radiograph, NORTH, NOW)
    """,
    explanation="""
        gather() says what a manifest has to say, publish() writes it as a key object selection,
        describes it for the registry and provides both in one message (RAD-68). Accession number
        and Study Instance UID are in referenceIdList, the modality in eventCodeList: without them
        the document is there and nobody finds it. The image itself goes nowhere.
    """,
    hints=(
        "Two steps: what the manifest says, and the submission of it. Both are in the cells above.",
        'gather(images, "mado", maker=site.maker, when=NOW) gives the first.',
        "publish(clinic.source, that, NORTH, NOW) is the second.",
    ),
    wrong=(
        Wrong(
            "image-as-document",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            images = sample("dx-chest").datasets()
            radiograph = gather(images, "mado", maker=site.maker, when=NOW)
            entry = document_entry(radiograph)
            data = sample("dx-chest").paths()[0].read_bytes()
            clinic.source.provide(submission_set(entry, NORTH, NOW), {entry: data})
            """,
            """You put the image itself into the repository, under the manifest's metadata. Who
            retrieves the document gets a radiograph where a list is due, and every copy of the
            archive's images in the repository has to be kept in step by hand.""",
        ),
        Wrong(
            "bare-manifest",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            images = sample("dx-chest").datasets()
            radiograph = read(build(images, maker=site.maker, when=NOW))
            publish(clinic.source, radiograph, NORTH, NOW)
            """,
            """You published a bare manifest that had been written and read again. It has no place
            for the modality, so the registry was told none: a search for DX finds nothing.""",
        ),
        Wrong(
            "somebody-else",
            """
            clinic = Practice()  # a North General of your own: run the cell as often as you like
            images = sample("dx-chest").datasets()
            radiograph = gather(images, "mado", maker=site.maker, when=NOW)
            publish(clinic.source, radiograph, NORTH, NOW, patient=NORTH.patient("1001234"))
            """,
            """You registered it under another patient of the house. The manifest says NG-100457,
            the registry 1001234, and the registry is what is asked.""",
        ),
    ),
)

RULE = (cite("IHE RAD TF-2", "4.68.4.1.2.3"), cite("IHE ITI TF-3", "4.2.3.2"))


def check(work: Work) -> Verdict:
    """Ask the registry, as anybody would, and read what the repository gives."""
    from labkit.exchange.manifests import read
    from labkit.exchange.parties import NORTH

    site: Any = work.answer
    if not hasattr(site, "consumer"):
        return failed(expected="clinic", got=site, rule=RULE)
    study = sample("dx-chest").study_uid
    number = f"NG2600103^^^&{NORTH.authority}.1&ISO^urn:ihe:iti:xds:2013:accession"
    ask = site.consumer.find_documents_by_reference_id
    found = ask(NORTH.patient("NG-100457"), number)
    if not found:
        other = ask(NORTH.patient("1001234"), number)
        if other:
            return failed(expected="a document of NG-100457", got="one of 1001234", rule=RULE,
                          mistake="somebody-else")  # fmt: skip
        return blank("The registry has nothing under accession number NG2600103.")
    entry = found[-1]
    try:
        manifest = read(site.consumer.retrieve([entry])[0].data)
    except LabkitError as error:
        return failed(expected="a key object selection", got=error.message, rule=RULE,
                      mistake="image-as-document")  # fmt: skip
    modalities = [code.code for code in entry.eventCodeList if code.code == "DX"]
    if manifest.flavour != "mado" or not modalities:
        return failed(expected="a manifest with description, DX in eventCodeList",
                      got=f"{manifest.title.meaning}, {len(entry.eventCodeList)} event codes",
                      rule=RULE, mistake="bare-manifest")  # fmt: skip
    if manifest.study_uid != study or len(manifest.instance_uids) != 1:
        return failed(expected="the one image of dx-chest", got=str(manifest), rule=RULE)
    return passed("Found by its accession number; the document lists one image and where it is.",
                  rule=RULE)  # fmt: skip
