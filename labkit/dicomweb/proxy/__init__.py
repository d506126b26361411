"""The façade: DICOMweb in front of PACS that speak DIMSE only.

::

    upstream = Upstream(Peer("LEGACY", "10.1.2.3", 104))
    settings = ProxySettings([upstream], cache=Path("cache"))
    with ProxySource(settings) as source:
        app = dicomweb_app(source, policy, base_url="https://images.example/dicom-web")
"""

from labkit.dicomweb.proxy.settings import CacheLimits, ProxySettings, Upstream
from labkit.dicomweb.proxy.source import ProxySource
from labkit.dicomweb.proxy.trace import traced

__all__ = ["CacheLimits", "ProxySettings", "ProxySource", "Upstream", "traced"]
