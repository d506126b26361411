"""What a site may do about its nodes, each measure as an archive that listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.access.nodes.allow_list import AllowList
from labkit.access.nodes.entries import ANYWHERE, NodeEntry, NodeUser
from labkit.access.nodes.passcodes import hash_passcode
from labkit.access.nodes.policy import NodePolicy
from labkit.common.access import ALLOW_ALL
from labkit.dimse import Authority, Credential, Peer, client_context, server_context
from labkit.dimse.admission import Admission, AdmissionPolicy, Applicant
from labkit.dimse.certificate import describe
from labkit.dimse.identity import UserIdentity
from labkit.pacs import Archive, NodeConfig, PacsNode
from labkit.pacs.config import Service

NODE, HOST = "MR1", "127.0.0.1"
PATIENT = "Thistlewick^Rowan"
_USER, _PASSCODE = "chen", "lantern-7"
_SERVICES = ("C-ECHO", "C-STORE", "C-FIND")


@dataclass(frozen=True)
class Measure:
    """One way to guard an archive against whoever is no node of it.

    Attributes
    ----------
    name
        As the table has it.
    tls
        ``""``, ``"server"`` or ``"mutual"``.
    title, address, bound, user
        Whether it looks at the calling title, the address, the certificate's fingerprint, the
        user's passcode.
    revoked
        Whether the theft of the node's certificate was noticed, and it has a new one.
    """

    name: str
    tls: str = ""
    title: bool = True
    address: bool = False
    bound: bool = False
    user: bool = False
    revoked: bool = False


MEASURES = (
    Measure("nothing", title=False),
    Measure("AE title"),
    Measure("AE title, address", address=True),
    Measure("AE title, passcode, no TLS", user=True),
    Measure("AE title, TLS of the server", "server"),
    Measure("AE title, mutual TLS", "mutual"),
    Measure("AE title, mutual TLS, its own certificate", "mutual", bound=True),
    Measure("the same, theft noticed", "mutual", bound=True, revoked=True),
    Measure("all, with address and passcode", "mutual", address=True, bound=True, user=True),
)


@dataclass(frozen=True)
class Site:
    """An archive under one measure, with a node that it knows.

    Attributes
    ----------
    measure
        What guards it.
    peer
        The archive as the honest node calls it.
    authority
        Who signs the nodes' certificates.
    stolen
        The node's certificate and key, as a thief has copied them.
    stranger
        An authority that nobody trusts, of the attacker's own.
    image
        What the node sends.
    """

    measure: Measure
    peer: Peer
    authority: Authority
    stolen: Credential
    stranger: Authority
    image: Dataset

    def as_caller(
        self, credential: Credential | None, *, source: str = "", identity: bool = False
    ) -> Peer:
        """The archive as somebody calls it who has what is given, and from there."""
        tls = client_context(self.authority.certificate, credential) if self.measure.tls else None
        known = self.peer.identity if identity else None
        return replace(self.peer, tls=tls, identity=known, source=source)


class _Careless:
    """Checks passcodes that come in clear, as products do that `NodePolicy` does not follow."""

    def __init__(self, policy: NodePolicy) -> None:
        self._policy = policy

    def admit(self, applicant: Applicant) -> Admission:
        return self._policy.admit(replace(applicant, encrypted=True))


@contextmanager
def guarded_by(measure: Measure, folder: Path) -> Iterator[Site]:
    """Start an archive under a measure, with one image of one patient in it.

    Parameters
    ----------
    folder
        For its archive and its certificates; an authority that is there is used again.
    """
    authority = Authority(folder / "authority")
    own = authority.credential(NODE)
    stolen = copied(own, folder / "thief")
    if measure.revoked:
        authority.revoke(NODE)
        own = authority.credential(NODE)
    entry = NodeEntry(
        NODE,
        (HOST,) if measure.address else ANYWHERE,
        fingerprints=(describe(own.certificate).fingerprint,) if measure.bound else (),
        services=_SERVICES,
        identity="passcode" if measure.user else "none",
        users=(_USER,) if measure.user else (),
    )
    nodes = NodePolicy(AllowList([entry], [NodeUser(_USER, hash_passcode(_PASSCODE))]))
    admission: AdmissionPolicy = _Careless(nodes) if measure.user and not measure.tls else nodes
    context = None
    if measure.tls:
        mutual = measure.tls == "mutual"
        context = server_context(
            authority.credential("ARCHIVE"),
            clients=authority.certificate if mutual else None,
            revoked=authority.revocations if mutual else None,
        )
    archive = Archive(folder / measure.name.replace(" ", "-").replace(",", ""))
    image = _image()
    services = frozenset({Service.ECHO, Service.STORE, Service.FIND})
    node = PacsNode(
        NodeConfig("ARCHIVE", services, timeout=5, tls=context),
        archive,
        policy=nodes if measure.title else ALLOW_ALL,
        admission=admission if measure.title else None,
    )
    try:
        peer = Peer(
            "ARCHIVE", HOST, node.start(),
            tls=client_context(authority.certificate, own) if measure.tls else None,
            identity=UserIdentity(_USER, _PASSCODE) if measure.user else None,
        )  # fmt: skip
        yield Site(measure, peer, authority, stolen, Authority(folder / "stranger"), image)
    finally:
        node.stop()
        archive.close()


def copied(credential: Credential, folder: Path) -> Credential:
    """Copy certificate and key into a folder, as a thief does."""
    folder.mkdir(exist_ok=True)
    copy = Credential(folder / "stolen.pem", folder / "stolen.key")
    copy.certificate.write_bytes(credential.certificate.read_bytes())
    copy.key.write_bytes(credential.key.read_bytes())
    return copy


def _image() -> Dataset:
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"  # secondary capture
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.7.1", "1.2.7", "1.2.7.0"
    ds.PatientName, ds.PatientID, ds.Modality = PATIENT, "TW-1", "OT"
    ds.Rows = ds.Columns = 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation, ds.PixelData = 7, 0, bytes(64)
    ds.ensure_file_meta()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds
