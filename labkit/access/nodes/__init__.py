"""Which nodes may associate, what each may do there, and for whom it acts.

A site's list of nodes is a TOML file (`AllowList.from_toml`) or a list of `NodeEntry`. `NodePolicy`
holds a node to it twice: as the admission of associations, and as the policy of each act on them::

    nodes = NodePolicy(AllowList.from_toml("nodes.toml"))
    PacsNode(config, archive, admission=nodes, policy=AllOf(nodes, consent))
"""

from labkit.access.nodes.allow_list import AllowList
from labkit.access.nodes.entries import NodeEntry, NodeUser
from labkit.access.nodes.passcodes import hash_passcode
from labkit.access.nodes.policy import NodeGrant, NodePolicy, TokenVerifier

__all__ = [
    "AllowList",
    "NodeEntry",
    "NodeGrant",
    "NodePolicy",
    "NodeUser",
    "TokenVerifier",
    "hash_passcode",
]
