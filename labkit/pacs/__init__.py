"""The embedded PACS: a durable archive, an index, and DIMSE services over them.

::

    archive = Archive(folder)
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    port = node.start()
"""

from labkit.pacs.archive import Archive, DuplicateSopInstance, ObjectSink, StoredObject
from labkit.pacs.config import ALL_SERVICES, NodeConfig, Service
from labkit.pacs.destinations import Destinations
from labkit.pacs.log import EventLog
from labkit.pacs.mpps import MppsStore
from labkit.pacs.node import PacsNode
from labkit.pacs.router import Router
from labkit.pacs.worklist import Worklist

__all__ = [
    "ALL_SERVICES",
    "Archive",
    "Destinations",
    "DuplicateSopInstance",
    "EventLog",
    "MppsStore",
    "NodeConfig",
    "ObjectSink",
    "PacsNode",
    "Router",
    "Service",
    "StoredObject",
    "Worklist",
]
