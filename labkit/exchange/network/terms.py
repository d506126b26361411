"""The rules of a design: security, retention, identity, and the cloud."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.exchange.network.values import not_negative, one_of

CONSENTS = ("", "opt-in", "opt-out")


@dataclass(frozen=True)
class Security:
    """What protects the exchange.

    Attributes
    ----------
    tls
        Least version: ``"1.2"``, ``"1.3"``, or ``""`` for none.
    xua
        Whether each request between communities says for whom (ITI-40).
    consent
        ``"opt-in"``, ``"opt-out"`` or ``""``: nobody asks.
    audit
        Name of the site with the audit record repository (ITI-20); ``""``: nothing is recorded.
    allow
        AE titles that archives answer to; empty: anybody's.
    time
        Where clocks are set by (Consistent Time, ITI-1); ``""``: nowhere.
    """

    tls: str = ""
    xua: bool = False
    consent: str = ""
    audit: str = ""
    allow: tuple[str, ...] = ()
    time: str = ""

    def __post_init__(self) -> None:
        one_of("tls", self.tls, ("", "1.2", "1.3"))
        one_of("consent", self.consent, CONSENTS)


@dataclass(frozen=True)
class Retention:
    """How long what is kept.

    Attributes
    ----------
    years
        How long images are kept after the study; 0: nobody has said.
    children_until
        Age in years until which a child's images are kept at least.
    law_years, law_children_until
        What the law of the place demands of each; 0: nobody has looked it up.
    law
        Which law, in words.
    copies_days
        After how many days a copy at another site is deleted; 0: never.
    """

    years: float = 0
    children_until: int = 0
    law_years: float = 0
    law_children_until: int = 0
    law: str = ""
    copies_days: int = 0

    def __post_init__(self) -> None:
        for key in ("years", "children_until", "law_years", "law_children_until", "copies_days"):
            not_negative(key, getattr(self, key))


@dataclass(frozen=True)
class Identity:
    """How a patient of one authority is found with another (PIX).

    Attributes
    ----------
    manager
        Name of the site that keeps the cross-references; ``""``: nobody does.
    """

    manager: str = ""


@dataclass(frozen=True)
class Cloud:
    """A cloud tier of the archive.

    Attributes
    ----------
    provider
        Who runs it, for people; ``""``: there is none.
    at
        Name of the site that it hangs on.
    region
        Where the data lie.
    encrypted
        Whether objects are encrypted before they leave.
    keys
        Who holds the keys: ``"own"`` or ``"provider"``.
    after_days
        After how many days a study goes there.
    months
        Least time that the provider bills for what is stored.
    gbyte_month, egress_gbyte, request_1000
        Prices: of a gigabyte a month, of a gigabyte read back, of a thousand requests.
    """

    provider: str = ""
    at: str = ""
    region: str = ""
    encrypted: bool = True
    keys: str = "own"
    after_days: int = 0
    months: float = 0
    gbyte_month: float = 0.0
    egress_gbyte: float = 0.0
    request_1000: float = 0.0

    def __post_init__(self) -> None:
        one_of("keys", self.keys, ("own", "provider"))
        for key in ("after_days", "months", "gbyte_month", "egress_gbyte", "request_1000"):
            not_negative(key, getattr(self, key))
