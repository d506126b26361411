"""What an assertion says, once it is believed."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.access.grant import Grant


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
