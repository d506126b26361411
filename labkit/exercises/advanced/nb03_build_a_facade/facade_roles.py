"""Façade 6: the other way, C-GET: say beforehand who plays which part.

The objects come over the association that asked, so the one who asks is SCP of the storage.
"""

from collections.abc import Callable
from typing import Any

from pynetdicom import evt
from pynetdicom.dimse_primitives import C_GET
from pynetdicom.sop_class import (
    MRImageStorage,
    StudyRootQueryRetrieveInformationModelGet,
)

from labkit.common import cite
from labkit.common.errors import AssociationError, UsageError
from labkit.dicom import sample
from labkit.dimse import Status, associate, decode_negotiation, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, NEW_STUDY

_GET = """
    from pynetdicom import StoragePresentationContexts, AllStoragePresentationContexts
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet
"""
_RIGHT = """
    def negotiation(classes):
        contexts = [build_context(StudyRootQueryRetrieveInformationModelGet)]
        contexts += [build_context(uid) for uid in classes]
        return contexts, [build_role(uid, scp_role=True) for uid in classes]
"""

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY + _GET,
    blank="""
        def negotiation(classes):
            ...  # (presentation contexts, user information items) of an association for C-GET

        # classes: the SOP Class UIDs of what is to come, which a C-FIND has told
        # build_context(uid) and build_role(uid, scu_role=…, scp_role=…) are pynetdicom's
    """,
    answer="negotiation",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A C-GET is answered by C-STORE sub-operations over the same association, so the one who asks
        is SCP of each storage class, and must have proposed that role (PS3.4 C.5.3, PS3.7
        D.3.3.4). Without the item the default holds: whoever opens the association is SCU. There
        are more storage classes than the 128 contexts that an association can have (PS3.8 9.3.2.2),
        so ask with a C-FIND at IMAGE level, for SOP Class UID, which ones will come.
    """,
    hints=(
        "Two kinds of contexts are needed: one for the question, and one for each kind of object.",
        "In the C-STORE of a C-GET the PACS sends and you receive. Which of the two is SCP, and "
        "what is the default?",
        "contexts = [build_context(StudyRootQueryRetrieveInformationModelGet), *map(build_context, "
        "classes)]; roles = [build_role(uid, scp_role=True) for uid in classes]",
    ),
    wrong=(
        Wrong(
            "no-roles",
            _RIGHT.replace("[build_role(uid, scp_role=True) for uid in classes]", "[]"),
            """You proposed the storage classes without a role. By default you are their SCU, so
            the PACS may send you nothing: each sub-operation fails.""",
        ),
        Wrong(
            "scu-role",
            _RIGHT.replace("scp_role=True", "scu_role=True"),
            """You proposed to be SCU of the storage, which you are by default. In these C-STOREs
            the PACS is SCU and you are SCP.""",
        ),
        Wrong(
            "question-alone",
            _RIGHT.replace("contexts += [build_context(uid) for uid in classes]", "classes = []"),
            """You proposed the question alone. There is no context in which the PACS could send
            an object.""",
        ),
        Wrong(
            "every-class",
            """
            def negotiation(classes):
                contexts = [build_context(StudyRootQueryRetrieveInformationModelGet)]
                contexts += AllStoragePresentationContexts
                return contexts, [build_role(cx.abstract_syntax, scp_role=True)
                                  for cx in contexts[1:]]
            """,
            """You proposed every storage class there is. An association has room for 128 contexts,
            and there are more classes than that.""",
        ),
    ),
)

RULE = (cite("PS3.4", "C.5.3"), cite("PS3.7", "D.3.3.4"))


def _retrieve(work: Work, contexts: list[Any], roles: list[Any]) -> tuple[int, Status, Any]:
    """Do the C-GET of the MR series at LEGACY with what the learner negotiates."""
    came: list[Any] = []

    def keep(event: Any) -> int:
        came.append(event.request.AffectedSOPInstanceUID)
        return 0x0000

    uid = StudyRootQueryRetrieveInformationModelGet
    keys = identifier("SERIES", StudyInstanceUID=work.namespace["study"],
                      SeriesInstanceUID=work.namespace["mr"])  # fmt: skip
    with associate(work.lab.legacy, contexts, negotiation=roles,
                   handlers=[(evt.EVT_C_STORE, keep)]) as link:  # fmt: skip
        request = C_GET()
        request.AffectedSOPClassUID = uid
        answers = list(link.query(request, link.require(uid), keys))
        said = decode_negotiation(link.trace)
    return len(came), Status.of(answers[-1][0], "C-GET"), said


def check(work: Work) -> Verdict:
    """Open the association at LEGACY and count what comes by a C-GET."""
    got = work.call([str(MRImageStorage)])
    if got is None or got is ...:
        return blank()
    if not isinstance(got, tuple) or len(got) != 2:
        return failed(expected="(contexts, roles)", got=got, rule=RULE)
    contexts, roles = list(got[0]), list(got[1])
    if len(contexts) > 128:
        return failed(expected="128 presentation contexts at most", got=str(len(contexts)),
                      rule=(cite("PS3.8", "9.3.2.2"), *RULE), mistake="every-class")  # fmt: skip
    proposed = {str(getattr(cx, "abstract_syntax", "")) for cx in contexts}
    if str(MRImageStorage) not in proposed:
        return failed(expected="a context for MR Image Storage", got=f"{len(proposed)} contexts",
                      rule=RULE, mistake="question-alone")  # fmt: skip
    try:
        came, status, _ = _retrieve(work, contexts, roles)
    except (AssociationError, UsageError) as error:
        return failed(expected="an association for C-GET", got=error.message, rule=RULE)
    wanted = sum(ds.Modality == "MR" for ds in sample("mr-brain").datasets()[:6])
    if came != wanted:
        wrong_way = any(getattr(item, "scu_role", False) for item in roles)
        return failed(expected=f"{wanted} objects over the association", rule=RULE,
                      got=f"{came} objects, {status}",
                      mistake="scu-role" if wrong_way else "no-roles")  # fmt: skip
    return passed("The series came over the association that asked for it.", rule=RULE)
