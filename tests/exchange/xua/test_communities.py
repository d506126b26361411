"""Two communities under XUA: who asks at North is who is decided about at Lakeside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from labkit.access.grant import current_grant
from labkit.common import AccessRequest, Decision
from labkit.common.errors import AccessDenied
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.exchange.community import Community
from labkit.exchange.images import SourceImages
from labkit.exchange.manifests import read
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.pix import CrossReference, Domain
from labkit.exchange.soap import Message, SoapFault
from labkit.exchange.xds import XdsError
from labkit.exchange.xua import AssertionProvider, Coded, TrustedIssuer, User, XuaDoor
from labkit.exchange.xua.names import ACT_REASON
from labkit.pacs import Archive
from tests.exchange.xua.conftest import certificate

MARIGOLD = NORTH.patient("NG-100457")
CHEN = User("chen", name="Dr. Li Chen", home=NORTH.home,
            role=Coded("112247003", "2.16.840.1.113883.6.96", "Medical doctor"),
            purpose=Coded("TREAT", ACT_REASON, "treatment"))  # fmt: skip
SYSTEM = replace(CHEN, id="system")
"""Who it is where nobody was passed on."""
ISSUERS = {NORTH: "https://idp.north.example", LAKESIDE: "https://idp.lakeside.example"}


class Treatment:
    """Lets those in who treat; remembers who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def decide(self, request: AccessRequest) -> Decision:
        grant = current_grant()
        who = grant.subject if grant else "nobody"
        self.asked.append((request.node, request.action, who))
        return Decision(grant is not None and grant.purpose == "TREAT", "not for treatment")


@pytest.fixture
def policy() -> Treatment:
    return Treatment()


@pytest.fixture
def who() -> list[User]:
    """Who sits before North's workstation."""
    return [CHEN]


@pytest.fixture
def north(tmp_path: Path, policy: Treatment, who: list[User]) -> Iterator[Community]:
    """North, which knows Lakeside; each trusts its own provider, and Lakeside that of North."""
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    pix.link(MARIGOLD, LAKESIDE.patient("LK-20871"), why="test")
    keys = {party: ec.generate_private_key(ec.SECP256R1()) for party in ISSUERS}
    certificates = {party: certificate(key, party.name) for party, key in keys.items()}
    trusted = {
        party: TrustedIssuer((certificates[party],), client_id=party.name) for party in ISSUERS
    }
    made: dict[str, Community] = {}

    def audience(message: Message) -> str:
        """Whose service an address is of: that community's homeCommunityId."""
        return next(one.party.home for one in made.values() if message.to in one.urls.values())

    with ExitStack() as stack:
        for party, slug in ((NORTH, "dx-chest"), (LAKESIDE, "cr-chest-prior")):
            archive = Archive(tmp_path / slug)
            stack.callback(archive.close)
            archive.add_files(sample(slug).paths())
            provider = AssertionProvider(ISSUERS[party], keys[party], certificates[party])
            issuers = {ISSUERS[party]: trusted[party], ISSUERS[NORTH]: trusted[NORTH]}

            def here(provider: AssertionProvider = provider) -> User:
                sits_here = threading.current_thread() is threading.main_thread()
                return provider.on_behalf(who[0] if sits_here else SYSTEM)()

            community = Community(
                party, tmp_path / party.issuer, SourceImages(ArchiveSource(archive)), policy,
                patients=pix, secure=XuaDoor(party.home, issuers).admit,
                sign=provider.headers_for(here, audience),
            )  # fmt: skip
            made[party.issuer] = community
            stack.enter_context(community)
            community.publish()
        north, lakeside = made.values()
        north.introduce(lakeside)
        policy.asked.clear()
        yield north


def test_the_user_is_known_at_each_step(north: Community, policy: Treatment) -> None:
    (prior,) = north.beyond().find_documents(MARIGOLD)
    (document,) = north.beyond().retrieve([prior])
    images = north.imaging().retrieve(read(document.data), home=prior.homeCommunityId)
    assert len(images.files) == len(sample("cr-chest-prior").paths()) and not images.errors
    steps = {(node, action): who for node, action, who in policy.asked}
    passed_on = f"chen@{ISSUERS[NORTH]}"
    assert steps["North General initiating gateway", "ITI-18"] == "chen"
    assert steps["Lakeside Clinic responding gateway", "ITI-38"] == "chen"
    # Lakeside's gateway asks its own registry: for North's chen, and not for one of its own.
    assert steps["Lakeside Clinic registry", "ITI-18"] == passed_on
    assert steps["Lakeside Clinic repository", "ITI-43"] == passed_on
    assert steps["Lakeside Clinic responding gateway", "RAD-75"] == "chen"
    assert steps["Lakeside Clinic imaging source", "RAD-69"] == passed_on
    assert "system" not in " ".join(steps.values())


def test_who_does_not_treat_is_refused_where_the_documents_are(
    north: Community, policy: Treatment, who: list[User]
) -> None:
    who[0] = replace(CHEN, purpose=None)
    with pytest.raises((SoapFault, XdsError), match="not for treatment"):
        north.beyond().find_documents(MARIGOLD)


def test_on_nobody_s_behalf_nothing_is_sent(
    door_of: Callable[..., XuaDoor], provider: AssertionProvider
) -> None:
    with pytest.raises(AccessDenied, match="nobody"):
        provider.headers_for(provider.on_behalf(), "urn:x")(Message("a", None))
