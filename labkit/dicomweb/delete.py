"""Deleting: in no part of the standard's service, offered by most servers, and here an option."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from labkit.dicomweb.service import Service, nothing_at, place_of


def delete(service: Service, request: Request) -> Response:
    """Delete the objects of a place: 204, or 404 where there are none."""
    place = place_of(request)
    service.allow(request, "delete", place.keys())
    if not service.source.remove(place):
        raise nothing_at(place)
    return Response(status_code=204)
