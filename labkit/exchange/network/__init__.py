"""A network of sites that exchange images: its design, and real nodes that it is built of.

::

    design = read_design(Path("network.toml"))
    check_design(design)                              # what is wrong with it
"""

from labkit.exchange.network.checks import check_design
from labkit.exchange.network.design import Design, read_design
from labkit.exchange.network.examples import example, example_text, examples, regional
from labkit.exchange.network.findings import Finding, Findings
from labkit.exchange.network.sections import CommunityDesign, LinkDesign, SiteDesign
from labkit.exchange.network.terms import Cloud, Identity, Retention, Security
from labkit.exchange.network.writing import write_design

__all__ = [
    "Cloud",
    "CommunityDesign",
    "Design",
    "Finding",
    "Findings",
    "Identity",
    "LinkDesign",
    "Retention",
    "Security",
    "SiteDesign",
    "check_design",
    "example",
    "example_text",
    "examples",
    "read_design",
    "regional",
    "write_design",
]
