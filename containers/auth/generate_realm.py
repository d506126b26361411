"""Write ``realm.json``: SMART's scopes, three clients and three people, for Keycloak to import.

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
AUDIENCES = {
    "fhir": "${FHIR_AUDIENCE:http://127.0.0.1:8080/fhir}",
    "dicomweb": "${DICOMWEB_AUDIENCE:http://127.0.0.1:8042/dicom-web}",
}
SIGNED = "RS384"
"""What signs tokens and assertions: SMART 2.2 has RS384 or ES384 for a client's key."""
REDIRECTS = ["http://127.0.0.1/callback"]  # at any port (RFC 8252 7.3), and this path alone


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


def claim(name: str, value: str) -> dict[str, Any]:
    """Return a mapper that gives every token a claim."""
    more = {"claim.name": name, "claim.value": value, "jsonType.label": "String"}
    return mapper(name, "oidc-hardcoded-claim-mapper", **more, **{"id.token.claim": "false"})


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
        "protocolMappers": [claim("client_id", client_id)],  # RFC 9068 2.2; Keycloak has azp
        # basic and audience are in each token; the rest is given to who asks
        "defaultClientScopes": ["basic", "audience"],
        "optionalClientScopes": offers,
        **more,
        "attributes": {
            "access.token.header.type.rfc9068": "true",  # typ: at+jwt, as no ID token has
            **more.get("attributes", {}),
        },
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
        "defaultSignatureAlgorithm": SIGNED,
        # seconds: a token that is lost is soon worth nothing, and a consent that is withdrawn is
        # asked for at each request anyway
        "accessTokenLifespan": 300,
        "accessCodeLifespan": 60,
        "ssoSessionIdleTimeout": 1800,
        "ssoSessionMaxLifespan": 28800,
        # a refresh token works once; the second use ends the session (RFC 9700 4.14.2)
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "defaultDefaultClientScopes": ["basic", "audience"],
        "clientScopes": [
            scope("basic", mapper("sub", "oidc-sub-mapper"), listed=False),
            # the servers that the token is for (RFC 8707): nobody else may take it
            scope(
                "audience",
                *(
                    mapper(
                        name,
                        "oidc-audience-mapper",
                        **{"included.custom.audience": url, "id.token.claim": "false"},
                    )
                    for name, url in AUDIENCES.items()
                ),
                # who may ask about a token has to be named in it (Keycloak's rule)
                mapper(
                    "gateway",
                    "oidc-audience-mapper",
                    **{"included.client.audience": "gateway", "id.token.claim": "false"},
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
            client(
                "backend",
                scopes("system"),
                name="A service that shows who it is by its own key (SMART Backend Services)",
                publicClient=False,
                standardFlowEnabled=False,
                serviceAccountsEnabled=True,
                clientAuthenticatorType="client-jwt",
                attributes={
                    # base64 of its SubjectPublicKeyInfo; without one nobody is this client
                    "jwt.credential.public.key": "${BACKEND_PUBLIC_KEY:}",
                    "token.endpoint.auth.signing.alg": SIGNED,
                },
            ),
        ],
        "users": [
            patient("Kumorizora", "kumorizora", "Haru"),
            patient("Pebbleworth", "pebbleworth", "Clementine"),
            person(
                "rowanberry",
                "PHYSICIAN_PASSWORD",
                "Agatha",
                "Rowanberry",
                fhirUser="Practitioner/rowanberry",
            ),
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
