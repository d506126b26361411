"""The control interface of a secure lab: what its administrator may do about access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.lab.secure.parties import APPLICATIONS, CALLBACK

if TYPE_CHECKING:
    from labkit.lab.control import Asked
    from labkit.lab.secure.authorization import Authorization
    from labkit.lab.secure.guarding import Act
    from labkit.lab.secure.trails import Trails

_MORE = ("patient", "aud", "purpose", "reason")


def acts(authorization: Authorization, trails: Trails) -> Mapping[tuple[str, str], Act]:
    """Return each act by its verb and path."""

    def token(asked: Asked) -> Any:
        body = asked.body if isinstance(asked.body, dict) else {}
        more = {name: str(body[name]) for name in _MORE if body.get(name)}
        user = body.get("user")
        client, scope = asked.field("client", str), asked.field("scope", str)
        answer = authorization.issue(
            client, scope=scope, user=None if user is None else str(user), **more
        )
        said = f"a token with {answer['scope']} given to {client} by the lab's control interface"
        trails.note("UserAuthentication", said, type="Login", actor=client, door="AUTH")
        return answer

    def clients(asked: Asked) -> Any:
        server = authorization.server
        return {
            client_id: {
                "client_id": client_id,
                "name": each.name,
                "scope": each.scope,
                "grant_types": list(each.grant_types),
                "redirect_uri": CALLBACK if each.redirect_uris else "",
                "actors": sorted(each.actors),
                "purpose": each.purpose,
                **(
                    authorization.parties.credentials(client_id)
                    if client_id in APPLICATIONS
                    else {}
                ),
            }
            for client_id, each in server.clients.items()
        }

    def users(asked: Asked) -> Any:
        passwords = authorization.parties.passwords()
        return {
            name: {"id": name, "name": user.name, "fhir_user": user.fhir_user,
                   "patients": [id_ for id_, _ in user.patients], "password": passwords[name]}
            for name, user in authorization.server.users.items()
        }  # fmt: skip

    def rotate(asked: Asked) -> Any:
        kid = authorization.server.rotate()
        trails.note("SecurityAlert", f"signing key {kid} is the current one", door="AUTH")
        return {"kid": kid}

    return {
        ("POST", "/auth/token"): token,
        ("GET", "/auth/clients"): clients,
        ("GET", "/auth/users"): users,
        ("POST", "/auth/rotate"): rotate,
    }
