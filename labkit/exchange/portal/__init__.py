"""A portal: what a patient and an outside provider may see of studies and documents, across sites.

::

    with Portal(fhir_url, {"North General": dicomweb_url}, trail) as portal:
        view = portal.view(token)
        share = portal.share(token, view.studies[0].StudyInstanceUID, "Practitioner/chen")
        portal.shared(share.url, share.passcode)

It has no rights of its own: servers are asked with the reader's token, each time.
"""

from labkit.exchange.portal.model import DocumentView, Share, StudyView, View
from labkit.exchange.portal.portal import Portal
from labkit.exchange.portal.reading import Reader
from labkit.exchange.portal.recipients import Recipients

__all__ = ["DocumentView", "Portal", "Reader", "Recipients", "Share", "StudyView", "View"]
