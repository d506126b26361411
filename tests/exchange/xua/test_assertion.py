"""An assertion that is right: what it says, whom a policy sees, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from labkit.common.errors import UsageError
from labkit.exchange.soap import Message, xml
from labkit.exchange.xua import (
    AssertionProvider,
    AssertionRefused,
    Coded,
    Statement,
    TrustedIssuer,
    XuaDoor,
    security_header,
)
from tests.exchange.xua.conftest import CHEN, HOME, IDP, REGISTRY, Clock, Signer, certificate


def test_it_says_who_the_user_is_and_policies_see_it(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    header = security_header(provider.assertion(CHEN, REGISTRY))
    admitted = door.admit(Message("urn:ihe:iti:2007:RegistryStoredQuery", None, headers=[header]))
    said = admitted.claims
    assert isinstance(said, Statement)
    assert (said.user, said.issuer, said.name, said.home) == ("chen", IDP, "Dr. Li Chen", HOME)
    assert said.roles == (CHEN.role,) and said.purposes == (CHEN.purpose,)
    assert said.patient == CHEN.patient
    assert said.grant is not None
    assert (said.grant.subject, said.grant.client_id, said.grant.purpose) == ("chen", IDP, "TREAT")
    assert said.grant.actors == {"Organization/lakeside"} and said.grant.token_id == said.id
    assert admitted.actor == f"lchen<chen@{IDP}>"


def test_it_survives_the_way_through_an_envelope(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    """Other elements around it, other prefixes in scope: what exclusive c14n is for."""
    envelope = xml.make("{urn:x}Envelope", {None: "urn:y", "saml": "urn:not-saml", "q": "urn:q"})
    envelope.append(security_header(provider.assertion(CHEN, REGISTRY)))
    again = xml.parse(xml.to_bytes(envelope))
    message = Message("a", None, headers=xml.children(again))
    assert door.admit(message).actor.startswith("lchen<")


def test_a_user_of_whom_little_is_known_has_no_purpose(
    provider: AssertionProvider, door_of: Callable[..., XuaDoor], trusted: Signer, clock: Clock
) -> None:
    """No purpose is not treatment."""
    door = XuaDoor(REGISTRY, {IDP: TrustedIssuer((trusted.certificate,))}, clock=clock)
    said = door.check(provider.assertion(replace(CHEN, purpose=None, role=None), REGISTRY))
    assert said.grant is not None and said.grant.purpose == "" and not said.roles


def test_an_elliptic_curve_signs_too(clock: Clock) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    provider = AssertionProvider(IDP, key, certificate(key, "ec"), clock=clock)
    door = XuaDoor(REGISTRY, {IDP: TrustedIssuer((certificate(key, "ec"),))}, clock=clock)
    assert door.check(provider.assertion(CHEN, REGISTRY)).user == "chen"


def test_a_key_that_cannot_sign_is_told(trusted: Signer) -> None:
    with pytest.raises(UsageError, match="RSA or an EC"):
        AssertionProvider(IDP, object(), trusted.certificate)  # type: ignore[arg-type]


def test_while_an_issuer_changes_its_key_both_count(
    provider: AssertionProvider, trusted: Signer, false_signer: Signer, clock: Clock
) -> None:
    both = TrustedIssuer((false_signer.certificate, trusted.certificate))
    door = XuaDoor(REGISTRY, {IDP: both}, clock=clock)
    assert door.check(provider.assertion(CHEN, REGISTRY)).user == "chen"


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(-31, "not valid yet"), (-29, ""), (0, ""), (329, ""), (330, "expired"), (86400, "expired")],
)
def test_from_when_and_until_when(
    provider: AssertionProvider, door: XuaDoor, clock: Clock, seconds: int, why: str
) -> None:
    """NotOnOrAfter: at that very moment it is over. 30 s are allowed for two clocks."""
    assertion = provider.assertion(CHEN, REGISTRY)
    clock.now += seconds
    if not why:
        assert door.check(assertion).user == "chen"
        return
    with pytest.raises(AssertionRefused, match=why):
        door.check(assertion)


def test_one_that_is_good_for_a_day_is_not_believed(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    with pytest.raises(AssertionRefused, match="more than 3600 s"):
        door.check(provider.assertion(CHEN, REGISTRY, lifetime=86400))


def test_used_again_where_it_is_good_once(provider: AssertionProvider, door: XuaDoor) -> None:
    often, once = provider.assertion(CHEN, REGISTRY), provider.assertion(CHEN, REGISTRY, once=True)
    assert door.check(often).user == door.check(often).user == door.check(once).user
    with pytest.raises(AssertionRefused, match="was used"):
        door.check(once)


def test_a_door_may_take_every_assertion_once(
    provider: AssertionProvider, door_of: Callable[..., XuaDoor]
) -> None:
    door, assertion = door_of(once=True), provider.assertion(CHEN, REGISTRY)
    door.check(assertion)
    with pytest.raises(AssertionRefused, match="was used"):
        door.check(assertion)


def test_after_a_restart_one_of_one_use_is_not_taken_twice(
    provider: AssertionProvider, door_of: Callable[..., XuaDoor], clock: Clock
) -> None:
    """What was used is remembered since the door opened: an older one may have been, so: no."""
    once = provider.assertion(CHEN, REGISTRY, once=True)
    door_of().check(once)
    clock.now += 60
    with pytest.raises(AssertionRefused, match="older than"):
        door_of().check(once)


def test_a_purpose_of_another_code_system_counts_only_if_it_is_mapped(
    provider: AssertionProvider, door: XuaDoor, door_of: Callable[..., XuaDoor]
) -> None:
    swiss = Coded("NORM", "2.16.756.5.30.1.127.3.10.5", "Normal access")
    assertion = provider.assertion(replace(CHEN, purpose=swiss), REGISTRY)
    with pytest.raises(AssertionRefused, match="code system"):
        door.check(assertion)
    grant = door_of(purposes={(swiss.system, "NORM"): "TREAT"}).check(assertion).grant
    assert grant is not None and grant.purpose == "TREAT"


def test_an_issuer_speaks_for_its_own_community_only(
    provider: AssertionProvider, door: XuaDoor
) -> None:
    with pytest.raises(AssertionRefused, match="that community"):
        door.check(provider.assertion(replace(CHEN, home="urn:oid:2.25.2026101.1"), REGISTRY))
