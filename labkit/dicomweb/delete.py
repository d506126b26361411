"""Deleting: in no part of the standard's service, offered by most servers, and here an option."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.access import ALLOW_ALL
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.service import Service, nothing_at, place_of


def delete(service: Service, request: Request) -> Response:
    """Delete the objects of a place: 204, or 404 where there are none."""
    place = place_of(request)
    service.allow(request, "delete")
    service.check(request, place)
    if service.policy is not ALLOW_ALL:
        found = service.source.instances(place)
        for whose, study in {(one.patient_id, one.place.study) for one in found}:
            resource = {"PatientID": whose, "StudyInstanceUID": study}
            if not service.may(request, "delete", resource):
                raise WebError(403, "delete is not allowed for these objects")
    if not service.source.remove(place):
        raise nothing_at(place)
    return Response(status_code=204)
