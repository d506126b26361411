"""What an assertion says, once it is believed."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.access.grant import Grant, current_grant


@dataclass(frozen=True)
class Coded:
    """A coded value of HL7 v3, as role and purpose of use are.

    Attributes
    ----------
    code, system, display
        Code, OID of its code system, and what it is called.
    """

    code: str
    system: str
    display: str = ""


@dataclass(frozen=True)
class User:
    """A user, as an identity provider knows them.

    Attributes
    ----------
    id
        The NameID.
    name, organization, organization_id, home, alias
        As in `Statement`.
    role, purpose
        Role and purpose of use; ``None`` leaves the attribute out.
    patient
        CX of the patient whose data is wanted; ``""`` leaves it out.
    """

    id: str
    name: str = ""
    organization: str = ""
    organization_id: str = ""
    home: str = ""
    role: Coded | None = None
    purpose: Coded | None = None
    patient: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Statement:
    """What a verified assertion says of a user; nothing in it is from outside of the signature.

    Attributes
    ----------
    id
        The assertion's ID.
    issuer
        Who says it: the entity id of the X-Assertion Provider.
    user
        NameID of the subject.
    issued, not_on_or_after
        When it was issued and when it ends, in seconds since 1970.
    once
        Whether it may be used once only (SAML Core 2.5.1.5).
    name
        The user's name for people (``subject-id``).
    organization, organization_id
        On whose behalf the user works.
    home
        homeCommunityId of the user's community.
    roles
        What the user is (``subject:role``).
    purposes
        What the data is wanted for (``purposeofuse``).
    patient
        The patient whom it is about, a CX (``resource-id``); ``""`` where it is not limited.
    alias
        SPProvidedID of the NameID.
    grant
        On whose behalf policies decide; set by `XuaDoor`.
    """

    id: str
    issuer: str
    user: str
    issued: float
    not_on_or_after: float
    once: bool = False
    name: str = ""
    organization: str = ""
    organization_id: str = ""
    home: str = ""
    roles: tuple[Coded, ...] = ()
    purposes: tuple[Coded, ...] = ()
    patient: str = ""
    alias: str = ""
    grant: Grant | None = None

    @property
    def user_name(self) -> str:
        """The user as audit messages name one who came by XUA (ITI TF-2 3.40.4.2)."""
        return f"{self.alias}<{self.user}@{self.issuer}>"

    def user_for(self, issuer: str) -> User:
        """Say who this is to somebody else, in the name of another issuer.

        A name counts together with who gave it: "chen" of one hospital must not become "chen" of
        the next. So the name is passed on with its issuer.
        """
        return User(
            self.user if self.issuer == issuer else f"{self.user}@{self.issuer}",
            name=self.name,
            organization=self.organization,
            organization_id=self.organization_id,
            home=self.home,
            role=self.roles[0] if self.roles else None,
            purpose=self.purposes[0] if self.purposes else None,
            patient=self.patient,
            alias=self.alias,
        )


@dataclass(frozen=True)
class UserGrant(Grant):
    """On whose behalf a request is, with what was asserted of the user.

    Attributes
    ----------
    statement
        What the assertion said.
    """

    statement: Statement | None = None


def current_statement() -> Statement | None:
    """Return what was asserted of the user on whose behalf this thread or task works."""
    grant = current_grant()
    return grant.statement if isinstance(grant, UserGrant) else None
