"""Associations: who is called, what is agreed (PS3.8 7.1, 9.3)."""

import pytest
from pynetdicom import build_context

from labkit.common.errors import AssociationRejected, NoPresentationContext
from labkit.dimse import Peer, associate, echo
from tests.contract.pacs.servers import Target

VERIFICATION = "1.2.840.10008.1.1"


def test_echo(target: Target) -> None:
    assert echo(target.peer).status.code == 0x0000


def test_a_wrong_called_title_is_rejected(target: Target) -> None:
    with pytest.raises(AssociationRejected) as caught:
        echo(Peer("NOTTHISONE", target.peer.host, target.peer.port))
    assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 1, 7)


def result_of(target: Target, *context: object) -> int:
    contexts = [build_context(VERIFICATION), build_context(*context)]
    with associate(target.peer, contexts) as link:
        results = {cx.context_id: cx.result for cx in link.assoc.rejected_contexts}
    return int(results[3])


def test_an_unknown_sop_class_is_result_3(target: Target) -> None:
    assert result_of(target, "1.2.3.4.5") == 3


def test_an_unknown_transfer_syntax_is_result_4(target: Target) -> None:
    assert result_of(target, "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5") == 4


def test_no_context_at_all_is_not_a_rejection(target: Target) -> None:
    with (
        pytest.raises(NoPresentationContext),
        associate(target.peer, [build_context("1.2.3.4.5")]),
    ):
        pass


def test_many_associations_at_once(target: Target) -> None:
    from contextlib import ExitStack

    with ExitStack() as stack:
        links = [
            stack.enter_context(associate(target.peer, [build_context(VERIFICATION)]))
            for _ in range(10)
        ]
        assert all(link.assoc.send_c_echo().Status == 0 for link in links)
