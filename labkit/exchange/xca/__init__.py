"""Between communities: the gateways of XCA and XCA-I.

::

    lakeside = RespondingGateway(LAKESIDE, registry_url, {…}, {LAKESIDE.images: images_url})
    north = InitiatingGateway(NORTH, patients=pix)
    north.know(Neighbour(LAKESIDE, url_of_lakeside))

Each is served by ``soap_app(gateway.operations(), policy)``. `labkit.exchange.community.Community`
puts one of each in front of a registry, a repository and an imaging document source.
"""

from labkit.exchange.xca.initiating import InitiatingGateway, Neighbour, Patients
from labkit.exchange.xca.late import LateAnswers
from labkit.exchange.xca.responding import RespondingGateway

__all__ = ["InitiatingGateway", "LateAnswers", "Neighbour", "Patients", "RespondingGateway"]
