"""Write ``realm.json``: SMART's scopes, two clients and three people, for Keycloak to import.

::

    python containers/auth/generate_realm.py

No secret is in it: ``${NAME}`` is read from the environment of the container when it is imported.
SMART App Launch 2.2 gives the scopes; which may be asked for, and by whom, is decided here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from labkit.dicom import samples
from labkit.lab import stories

OUT = Path(__file__).parent / "realm.json"
TYPES = ("Patient", "ImagingStudy", "DiagnosticReport", "Endpoint")
# v1 and v2 of "read and search" (SMART 2.2, scopes for clinical data)
RIGHTS = ("read", "rs")
AUDIENCE = "${FHIR_AUDIENCE:http://127.0.0.1:8080/fhir}"
REDIRECTS = ["http://127.0.0.1/*", "http://localhost/*"]


def scopes(context: str) -> list[str]:
    """Return the scopes of a context: ``patient``, ``user`` or ``system``."""
    return [f"{context}/{kind}.{right}" for kind in TYPES for right in RIGHTS]


def mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
    """Return a protocol mapper: what puts a claim into a token."""
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": kind,
        "config": {"access.token.claim": "true", "introspection.token.claim": "true", **config},
    }


def attribute(name: str, **config: str) -> dict[str, Any]:
    """Return a mapper that gives a person's attribute as a claim of that name."""
    more = {"user.attribute": name, "claim.name": name, "jsonType.label": "String", **config}
    return mapper(name, "oidc-usermodel-attribute-mapper", **more)


def scope(name: str, *mappers: dict[str, Any], listed: bool = True) -> dict[str, Any]:
    """Return a client scope; `listed` ones are told in the token's ``scope``."""
    shown = {"include.in.token.scope": str(listed).lower(), "display.on.consent.screen": "false"}
    return {
        "name": name,
        "protocol": "openid-connect",
        "attributes": shown,
        "protocolMappers": list(mappers),
    }


def client(client_id: str, offers: list[str], **more: Any) -> dict[str, Any]:
    """Return a client, and the scopes that it may ask for."""
    return {
        "clientId": client_id,
        "protocol": "openid-connect",
        "enabled": True,
        "fullScopeAllowed": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        # basic and audience are in each token; the rest is given to who asks
        "defaultClientScopes": ["basic", "audience"],
        "optionalClientScopes": offers,
        **more,
    }


def person(name: str, password: str, given: str, family: str, **claims: str) -> dict[str, Any]:
    """Return a user whose password comes from the environment."""
    return {
        "username": name,
        "enabled": True,
        "emailVerified": True,
        "email": f"{name}@example.org",
        "firstName": given,
        "lastName": family,
        "attributes": {key: [value] for key, value in claims.items()},
        "credentials": [{"type": "password", "value": f"${{{password}}}"}],
    }


def patient(family: str, name: str, given: str) -> dict[str, Any]:
    """Return one of the stories, who may read what is about them."""
    (found,) = (
        one["id"]
        for one in stories.patients(samples.patients())
        if one["name"][0]["family"] == family
    )
    claims = {"patient": found, "fhirUser": f"Patient/{found}"}
    return person(name, "PATIENT_PASSWORD", given, family, **claims)


def realm() -> dict[str, Any]:
    """Return everything."""
    for_person = [*scopes("patient"), *scopes("user"), "launch/patient", "fhirUser", "openid"]
    rights = {"view": ["admin", "user"], "edit": ["admin"]}
    names = ("username", "email", "firstName", "lastName")
    # other attributes, such as patient, may be set by an administrator only: not by the patient
    profile = {
        "attributes": [{"name": name, "permissions": rights} for name in names],
        "unmanagedAttributePolicy": "ADMIN_EDIT",
    }
    return {
        "realm": "labkit",
        "enabled": True,
        "sslRequired": "none",
        "accessTokenLifespan": 300,
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "defaultDefaultClientScopes": ["basic", "audience"],
        "clientScopes": [
            scope("basic", mapper("sub", "oidc-sub-mapper"), listed=False),
            # the server that the token is for (RFC 8707): nobody else may take it
            scope(
                "audience",
                mapper(
                    "audience",
                    "oidc-audience-mapper",
                    **{"included.custom.audience": AUDIENCE, "id.token.claim": "false"},
                ),
                listed=False,
            ),
            scope("fhirUser", attribute("fhirUser", **{"id.token.claim": "true"})),
            scope("launch/patient", attribute("patient")),
            *(scope(name) for who in ("patient", "user", "system") for name in scopes(who)),
        ],
        "clients": [
            client(
                "viewer",
                [name for name in for_person if name != "openid"],
                name="An app in the browser: no secret, so PKCE",
                publicClient=True,
                standardFlowEnabled=True,
                redirectUris=REDIRECTS,
                webOrigins=["+"],
                attributes={"pkce.code.challenge.method": "S256"},
            ),
            client(
                "gateway",
                scopes("system"),
                name="A service of the hospital: acts for itself",
                publicClient=False,
                standardFlowEnabled=False,
                serviceAccountsEnabled=True,
                clientAuthenticatorType="client-secret",
                secret="${GATEWAY_SECRET}",
            ),
        ],
        "users": [
            patient("Kumorizora", "kumorizora", "Haru"),
            patient("Pebbleworth", "pebbleworth", "Clementine"),
            person("rowanberry", "PHYSICIAN_PASSWORD", "Agatha", "Rowanberry"),
        ],
        "components": {
            "org.keycloak.userprofile.UserProfileProvider": [
                {
                    "providerId": "declarative-user-profile",
                    "config": {"kc.user.profile.config": [json.dumps(profile)]},
                }
            ]
        },
    }


def main(out: Path = OUT) -> None:
    """Write the file."""
    out.write_text(json.dumps(realm(), indent=1) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
