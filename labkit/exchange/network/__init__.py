"""A network of sites that exchange images: its design, and real nodes that it is built of.

::

    design = read_design(Path("network.toml"))
    check_design(design)                              # what is wrong with it
    with Network(design, folder) as network:          # and what it does
        network.acquire("north", "ct-head-followup")
        network.fetch(at="lakeside", study=uid)
"""

from labkit.exchange.network.checks import check_design
from labkit.exchange.network.design import Design, read_design
from labkit.exchange.network.examples import example, example_text, examples, regional
from labkit.exchange.network.findings import Finding, Findings
from labkit.exchange.network.network import Network
from labkit.exchange.network.picture import picture
from labkit.exchange.network.results import Arrived, Fetched, Found, Located
from labkit.exchange.network.sections import CommunityDesign, LinkDesign, SiteDesign
from labkit.exchange.network.terms import Cloud, Identity, Retention, Security
from labkit.exchange.network.traffic import Event, LinkTraffic, Traffic
from labkit.exchange.network.writing import write_design

__all__ = [
    "Arrived",
    "Cloud",
    "CommunityDesign",
    "Design",
    "Event",
    "Fetched",
    "Finding",
    "Findings",
    "Found",
    "Identity",
    "LinkDesign",
    "LinkTraffic",
    "Located",
    "Network",
    "Retention",
    "Security",
    "SiteDesign",
    "Traffic",
    "check_design",
    "example",
    "example_text",
    "examples",
    "picture",
    "read_design",
    "regional",
    "write_design",
]
