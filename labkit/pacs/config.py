"""What a node is to be: its title, its services and its limits."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, lru_cache

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID, AllTransferSyntaxes
from pynetdicom import sop_class
from pynetdicom.service_class import NonPatientObjectStorageServiceClass
from pynetdicom.sop_class import uid_to_service_class

from labkit.dimse.entity import MAX_PDU
from labkit.dimse.peer import check_ae_title


class Service(str, Enum):
    """DIMSE services a node may offer as SCP."""

    ECHO = "echo"
    STORE = "store"
    FIND = "find"
    MOVE = "move"
    GET = "get"
    COMMITMENT = "commitment"
    WORKLIST = "worklist"
    MPPS = "mpps"


ALL_SERVICES = frozenset(Service)

SOP_CLASSES: dict[Service, frozenset[str]] = {
    Service.ECHO: frozenset({str(sop_class.Verification)}),
    Service.FIND: frozenset(
        {
            str(sop_class.PatientRootQueryRetrieveInformationModelFind),
            str(sop_class.StudyRootQueryRetrieveInformationModelFind),
        }
    ),
    Service.MOVE: frozenset(
        {
            str(sop_class.PatientRootQueryRetrieveInformationModelMove),
            str(sop_class.StudyRootQueryRetrieveInformationModelMove),
        }
    ),
    Service.GET: frozenset(
        {
            str(sop_class.PatientRootQueryRetrieveInformationModelGet),
            str(sop_class.StudyRootQueryRetrieveInformationModelGet),
        }
    ),
    Service.COMMITMENT: frozenset({str(sop_class.StorageCommitmentPushModel)}),
    Service.WORKLIST: frozenset({str(sop_class.ModalityWorklistInformationFind)}),
    Service.MPPS: frozenset({str(sop_class.ModalityPerformedProcedureStep)}),
}

PATIENT_ROOT = frozenset(
    str(uid) for uid in (
        sop_class.PatientRootQueryRetrieveInformationModelFind,
        sop_class.PatientRootQueryRetrieveInformationModelMove,
        sop_class.PatientRootQueryRetrieveInformationModelGet,
    )
)  # fmt: skip

# Messages other than C-STORE have small data sets; these are what everybody speaks.
MESSAGE_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")

# In PS3.6 among the transfer syntaxes, but no encoding of a data set (RFC 2557 MIME, XML).
_NOT_DATA_SETS = frozenset(("1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2"))


@cache
def storage_classes() -> frozenset[str]:
    """Every storage SOP class that pydicom or pynetdicom knows, retired ones included.

    Without those of PS3.4 Annex GG (hanging protocols, implant templates …): such objects belong to
    no patient, and have no place in this archive's hierarchy.
    """
    named = {
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class" and "Storage" in name
        and "Commitment" not in name and "Directory" not in name
    }  # fmt: skip
    named |= {str(uid) for uid in sop_class._STORAGE_CLASSES.values()}
    return frozenset(
        uid for uid in named if uid_to_service_class(uid) is not NonPatientObjectStorageServiceClass
    )


@cache
def transfer_syntaxes() -> frozenset[str]:
    """Every transfer syntax that pydicom knows, retired ones included."""
    named = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "Transfer Syntax"}
    return frozenset(named | {str(uid) for uid in AllTransferSyntaxes}) - _NOT_DATA_SETS


@dataclass(frozen=True)
class NodeConfig:
    """Settings of one node.

    Parameters
    ----------
    ae_title
        Its own AE title.
    services
        What it offers.
    name
        What it is called in the log; its AE title where empty.
    check_called
        Reject an association that calls another title (1/1/7).
    accept_calling
        Calling titles it takes, or ``None`` for any (else 1/1/3).
    accepted_transfer_syntaxes
        What it takes by C-STORE, or ``None`` for all that pydicom knows.
    unknown_sop_classes
        Whether it also takes storage classes that are not in PS3.6, such as private ones.
    unknown_matches
        Whether an empty Required Key matches every value, as PS3.4 C.2.2.1.2 has it.
    max_pdu
        Largest P-DATA-TF it takes, bytes (PS3.8 D.1).
    max_associations
        How many it serves at once; more are rejected (2/3/2).
    timeout
        Seconds to wait for a peer.
    idle
        Seconds that an association may be silent, or stop in the middle of a PDU.
    tls
        With a context (`labkit.dimse.server_context`), its port speaks TLS and nothing else.
    """

    ae_title: str
    services: frozenset[Service] = ALL_SERVICES
    name: str = ""
    check_called: bool = True
    accept_calling: frozenset[str] | None = None
    accepted_transfer_syntaxes: frozenset[str] | None = None
    unknown_sop_classes: bool = False
    unknown_matches: bool = True
    max_pdu: int = MAX_PDU
    max_associations: int = 100
    timeout: float = 30.0
    idle: float = 60.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ae_title", check_ae_title(self.ae_title))
        object.__setattr__(self, "name", self.name or self.ae_title)
        object.__setattr__(self, "services", frozenset(self.services))

    def service_of(self, abstract_syntax: str) -> Service | None:
        """The service a SOP class belongs to, if this node offers it."""
        for service, classes in SOP_CLASSES.items():
            if abstract_syntax in classes:
                return service if service in self.services else None
        return Service.STORE if self.stores(abstract_syntax) else None

    def stores(self, sop_class_uid: str) -> bool:
        """Whether a SOP class is one that this node takes, or sends by C-GET."""
        if not self.services & {Service.STORE, Service.GET}:
            return False
        if sop_class_uid in storage_classes():
            return True
        # Whatever PS3.6 names and is not above is another service, not storage.
        return self.unknown_sop_classes and sop_class_uid not in UID_dictionary

    def syntaxes_for(self, abstract_syntax: str) -> frozenset[str]:
        """The transfer syntaxes taken for a SOP class; empty if the class itself is not."""
        service = self.service_of(abstract_syntax)
        if service is None:
            return frozenset()
        if service is not Service.STORE:
            return frozenset(MESSAGE_SYNTAXES)
        if self.accepted_transfer_syntaxes is not None:
            return self.accepted_transfer_syntaxes
        return transfer_syntaxes()


@lru_cache(maxsize=1024)
def name_of(uid: str) -> str:
    """A UID in words, for a log line."""
    return str(UID(uid).name)
