"""Ask for documents so that a gateway knows where they are.

Three identifiers name a document among communities, and each has its place.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.xds import DocumentEntry, DocumentRequest
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN

_RIGHT = """
    def requests(entries):
        return [DocumentRequest(one.repositoryUniqueId, one.uniqueId, one.homeCommunityId)
                for one in entries]
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def requests(entries):
            ...  # a DocumentRequest(repositoryUniqueId, uniqueId, homeCommunityId) for each
    """,
    answer="requests",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A repository knows a document by its uniqueId, an affinity domain knows a repository by its
        repositoryUniqueId, and a gateway knows a community by its homeCommunityId. Whoever got an
        entry with a homeCommunityId has to give it back with every request about it (ITI TF-2
        3.39.4.1.2); the entryUUID is the registry's name for the entry, and no repository knows it.
    """,
    hints=(
        "Print an entry of Lakeside: which of its attributes are OIDs?",
        "All three are in the entry. None is a constant of North General.",
        "DocumentRequest(one.repositoryUniqueId, one.uniqueId, one.homeCommunityId)",
    ),
    wrong=(
        Wrong(
            "no-community",
            _RIGHT.replace(", one.homeCommunityId", ""),
            """Without the homeCommunityId the gateway answers XDSMissingHomeCommunityId: two
            communities may have a repository of that name, and it does not search.""",
        ),
        Wrong(
            "own-community",
            _RIGHT.replace("one.homeCommunityId", "NORTH.home"),
            """You sent North General's own home. The gateway answers XDSUnknownCommunity, or asks
            at home for a document that is elsewhere.""",
        ),
        Wrong(
            "entry-uuid",
            _RIGHT.replace("one.uniqueId", "one.entryUUID"),
            """The entryUUID names the entry in the registry; the repository keeps documents by
            uniqueId, and answers XDSDocumentUniqueIdError.""",
        ),
        Wrong(
            "swapped",
            _RIGHT.replace("one.repositoryUniqueId, one.uniqueId",
                           "one.uniqueId, one.repositoryUniqueId"),
            """Repository and document are swapped: XDSUnknownRepositoryId.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE ITI TF-2", "3.39.4.1.2")


def check(work: Work) -> Verdict:
    """Have the function describe what was found at Lakeside, and one of a third community."""
    found: DocumentEntry = work.namespace["entry"]
    from dataclasses import replace

    third = replace(found, uniqueId="2.25.31", homeCommunityId="urn:oid:2.25.32",
                    repositoryUniqueId="2.25.33", entryUUID="urn:uuid:34")  # fmt: skip
    entries = [found, third]
    got = work.call(entries)
    if got is None or got is ...:
        return blank()
    right = [DocumentRequest(e.repositoryUniqueId, e.uniqueId, e.homeCommunityId) for e in entries]
    try:
        got = list(got)
    except TypeError:
        got = [got]
    if got == right:
        return passed("Each is asked for at its own community and repository.", rule=RULE)
    first = got[0] if got and isinstance(got[0], DocumentRequest) else None
    mistake = ""
    if first is not None:
        mistake = {
            (found.repositoryUniqueId, found.uniqueId, ""): "no-community",
            (found.repositoryUniqueId, found.uniqueId, NORTH.home): "own-community",
            (found.repositoryUniqueId, found.entryUUID, LAKESIDE.home): "entry-uuid",
            (found.uniqueId, found.repositoryUniqueId, LAKESIDE.home): "swapped",
        }.get((first.repositoryUniqueId, first.uniqueId, first.homeCommunityId), "")
    return failed(expected=str(right[0]), got=str(got[0] if got else got), rule=RULE,
                  mistake=mistake)  # fmt: skip
