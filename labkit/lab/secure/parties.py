"""Which applications and people the secure lab's authorization server knows; all made up.

Secrets, keys and passwords are drawn when a lab is first started, and kept in files that only their
owner can read: no two labs have the same.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.access.oauth import Client, User, new_key, public_jwks
from labkit.access.oauth.parties import CODE, CREDENTIALS, REFRESH
from labkit.common.errors import LabError
from labkit.dicom import samples
from labkit.lab.secure.guarding import RIS_CLIENT
from labkit.lab.secure.story import PRACTITIONERS, STEWARD

ALGORITHM = "ES384"
CALLBACK = "http://127.0.0.1/callback"
"""Where codes are sent to. Nobody listens: lessons read it from the Location header."""
WORKBOOK = "workbook"
"""The application that a notebook is; `LEARNS_AS` is the user behind it."""
LEARNS_AS = "lanternwick"
_LOGIN = "openid fhirUser launch/patient offline_access online_access"
_PURPOSES = frozenset({"TREAT", "BTG", "ETREAT", "HRESCH", "HPAYMT"})


@dataclass(frozen=True)
class Application:
    """One application, before it has a secret.

    Attributes
    ----------
    name
        As users see it.
    site
        The organisation that runs it; the token's holder acts for it.
    proof
        How it proves itself: ``"none"`` (a public client), ``"secret"`` or ``"key"``.
    scope
        What it may be given at most.
    grants
        Grant types that it may use.
    purpose
        What its requests are for (v3-ActReason).
    purposes
        Others that a token of it may be made for.
    more
        References by which a Consent may name it, beside its organisation.
    """

    name: str
    site: str
    proof: str
    scope: str
    grants: tuple[str, ...]
    purpose: str = "TREAT"
    purposes: frozenset[str] = frozenset()
    more: frozenset[str] = frozenset()


APPLICATIONS: Mapping[str, Application] = {
    WORKBOOK: Application(
        "Workbook", "north-general", "key",
        f"user/*.cruds patient/*.cruds system/*.cruds {_LOGIN}",
        (CODE, CREDENTIALS, REFRESH), purposes=_PURPOSES,
    ),
    "viewer": Application(
        "Image viewer", "north-general", "none",
        f"patient/*.rs user/*.rs {_LOGIN}", (CODE, REFRESH), purposes=frozenset({"BTG"}),
    ),
    "portal": Application(
        "Patient portal", "north-general", "none", f"patient/*.rs {_LOGIN}", (CODE, REFRESH),
        purpose="PATRQT",
    ),
    "backend": Application(
        "Image analysis", "north-general", "key", "system/*.rs", (CREDENTIALS,),
    ),
    "registrar": Application(
        "Consent registry", "north-general", "key",
        "system/Consent.cruds system/Patient.rs", (CREDENTIALS,), more=frozenset({STEWARD}),
    ),
    "lakeside-viewer": Application(
        "Lakeside viewer", "lakeside", "secret", f"user/*.rs system/*.rs {_LOGIN}",
        (CODE, CREDENTIALS, REFRESH), purposes=frozenset({"BTG"}),
    ),
    "research": Application(
        "Research database", "city", "key", "system/*.rs", (CREDENTIALS,), purpose="HRESCH",
    ),
    RIS_CLIENT: Application(
        "RIS of North General", "north-general", "key", "system/Patient.rus", (CREDENTIALS,),
    ),
}  # fmt: skip
"""By client id."""
PATIENT_USERS = ("thistlewick", "quillfeather", "brackenfold")
"""Patients who can log in themselves."""


class Parties:
    """The applications and users of one lab, with their secrets.

    Parameters
    ----------
    folder
        Holds ``<client id>.json`` of each application, and ``users.json``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> None:
        """Draw what is not there yet."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for client_id, each in APPLICATIONS.items():
            if not self._path(client_id).exists():
                private(self._path(client_id), {"client_id": client_id, **_proof(each)})
        if not self._path("users").exists():
            names = (*PRACTITIONERS, *PATIENT_USERS)
            private(self._path("users"), {name: secrets.token_urlsafe(9) for name in names})

    def credentials(self, client_id: str) -> dict[str, Any]:
        """Return what an application proves itself with: ``secret``, or the private ``key``."""
        return self._read(client_id)

    def passwords(self) -> dict[str, str]:
        """Return the passwords by user name."""
        return self._read("users")

    def clients(self) -> list[Client]:
        """Return the applications as the authorization server wants them."""
        return [
            _registered(client_id, each, self._read(client_id))
            for client_id, each in APPLICATIONS.items()
        ]

    def users(self) -> list[User]:
        """Return the people as the authorization server wants them."""
        passwords, cast = self.passwords(), samples.patients()
        of = {person.slug: (person.slug, person.name.partition("=")[0]) for person in cast}
        found = [
            User(
                name, pn.replace("^", " ").strip(), passwords[name], f"Practitioner/{name}",
                tuple(of.values()), frozenset({f"Organization/{site}"}),
            )
            for name, (pn, site) in PRACTITIONERS.items()
        ]  # fmt: skip
        found += [
            User(name, of[name][1], passwords[name], f"Patient/{name}", (of[name],))
            for name in PATIENT_USERS
        ]
        return found

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LabError(
                f"{name}.json of the secure lab cannot be used ({type(error).__name__}).",
                remedy="Remove the file and start the lab again: a new secret is drawn.",
            ) from error
        return found


def _proof(each: Application) -> dict[str, Any]:
    if each.proof == "secret":
        return {"secret": secrets.token_urlsafe(24)}
    if each.proof == "key":
        return {"key": new_key(ALGORITHM).as_dict(private=True)}
    return {}


def _registered(client_id: str, each: Application, known: Mapping[str, Any]) -> Client:
    from joserfc.jwk import ECKey

    key = known.get("key")
    if each.proof != "none" and not key and not known.get("secret"):
        raise LabError(  # else it would be registered as a public client
            f"{client_id}.json of the secure lab holds neither key nor secret.",
            remedy="Remove the file and start the lab again: a new one is drawn.",
        )
    return Client(
        client_id,
        each.name,
        each.scope,
        (CALLBACK,) if CODE in each.grants else (),
        each.grants,
        secret=str(known.get("secret", "")),
        jwks=public_jwks(ECKey.import_key(key)) if key else None,
        actors=frozenset({f"Organization/{each.site}"}) | each.more,
        purpose=each.purpose,
        purposes=each.purposes,
    )


def private(path: Path, value: object) -> None:
    """Write JSON into a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
