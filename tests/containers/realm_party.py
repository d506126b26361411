"""Tell the contract suite for authorization servers who is registered in Keycloak's realm.

``python -m tests.containers.realm_party`` writes the file that ``LABKIT_AUTH`` names, from what the
container was started with: ``LABKIT_AUTH_URL``, ``GATEWAY_SECRET``, ``PATIENT_PASSWORD``, and
``BACKEND_KEY``, the private key of the client `backend`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from joserfc.jwk import RSAKey

VERSION = "26.7.3"


def key_id(pem: str) -> str:
    """Return the name that Keycloak gives to a public key that came without one."""
    public = RSAKey.import_key(pem).as_der(private=False)
    return base64.urlsafe_b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def party(env: Mapping[str, str]) -> str:
    """Return the file, as ``tests/contract/auth/servers.py`` reads it."""
    pem = env["BACKEND_KEY"]
    jwk = {**RSAKey.import_key(pem).as_dict(private=True), "kid": key_id(pem), "alg": "RS384"}
    audience = f"http://127.0.0.1:{env.get('LABKIT_PORT_FHIR', '8080')}/fhir"
    sections: dict[str, dict[str, str]] = {
        "app": {
            "client_id": "viewer",
            "redirect_uri": "http://127.0.0.1:9999/callback",
            "scope": "launch/patient patient/ImagingStudy.rs",
            "wider": "patient/Patient.rs",
            "user": "kumorizora",
            "password": env["PATIENT_PASSWORD"],
        },
        "system": {
            "client_id": "backend",
            "scope": "system/ImagingStudy.rs",
            "wider": "system/*.cruds",
            "jwk": json.dumps(jwk),
        },
        "resource": {"client_id": "gateway", "secret": env["GATEWAY_SECRET"]},
    }
    about = {
        "product": "Keycloak", "version": VERSION, "issuer": env["LABKIT_AUTH_URL"],
        "audience": audience,
    }  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}" for name, value in about.items()]
    for name, values in sections.items():
        lines += ["", f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in values.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(os.environ["LABKIT_AUTH"])
    target.touch(0o600)  # it has secrets
    target.write_text(party(os.environ), encoding="utf-8")
