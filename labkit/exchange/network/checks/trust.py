"""Who may see what, and is it written down?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.common.cite import cite
from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding


def open_lines(design: Design) -> Iterator[Finding]:
    """Find the lines on which patients' data go in the clear."""
    for place, link in enumerate(design.links):
        if not link.tls:
            yield Finding(
                "link-without-tls", "error", link.name,
                f"On the line {link.name} names, IDs and images go in the clear; who sits on it "
                "reads and changes them.",
                "Set tls = true, with certificates for the nodes at both ends.",
                design.where("link", "tls", place), cite("PS3.15", "B.12"),
            )  # fmt: skip


def old_tls(design: Design) -> Iterator[Finding]:
    """Find a design that asks for encryption and does not say which."""
    if design.links and not design.security.tls:
        yield Finding(
            "no-tls-policy", "warning", "security",
            "[security] names no least version of TLS: nodes agree on the worst that both know.",
            'Set tls = "1.2" or "1.3" in [security].',
            design.where("security"), cite("RFC 9325", "3.1.1"),
        )  # fmt: skip


def no_audit(design: Design) -> Iterator[Finding]:
    """Find a network in which nobody can say afterwards who saw what."""
    audit = design.security.audit
    if not audit:
        yield Finding(
            "no-audit", "error", "security",
            "Nobody records who looked at whom.",
            'Name the site with the audit record repository: [security] audit = "…".',
            design.where("security"), cite("IHE ITI TF-2", "3.20"),
        )  # fmt: skip
    elif not design.site(audit).offers("audit"):
        yield Finding(
            "service-missing", "error", audit,
            f"Audit records are to go to {audit}, which does not offer to keep them.",
            f'Add "audit" to the services of {audit}.', design.where("security", "audit"),
        )  # fmt: skip


def no_time(design: Design) -> Iterator[Finding]:
    """Find a network whose clocks are set by nobody."""
    if not design.security.time:
        yield Finding(
            "no-consistent-time", "error", "security",
            "The clocks of the sites are set by nobody: audit records cannot be put in order, and "
            "assertions are refused as too old or from the future.",
            'Name a time server: [security] time = "…".',
            design.where("security"), cite("IHE ITI TF-1", "7"),
        )  # fmt: skip


def no_xua(design: Design) -> Iterator[Finding]:
    """Find communities that ask each other without saying for whom."""
    if len(design.communities) > 1 and not design.security.xua:
        yield Finding(
            "no-user-assertion", "error", "security",
            "A community asks another without saying for whom: the other can decide only about the "
            "whole community.",
            "Set xua = true in [security].", design.where("security"), cite("IHE ITI TF-1", "13"),
        )  # fmt: skip


def no_consent(design: Design) -> Iterator[Finding]:
    """Find an exchange about which no patient is asked."""
    if len(design.communities) > 1 and not design.security.consent:
        yield Finding(
            "no-consent-policy", "error", "security",
            "The design does not say whether patients are asked before images go to another "
            "community.",
            'Set consent = "opt-in" or "opt-out" in [security].',
            design.where("security"), cite("IHE ITI TF-1", "19"),
        )  # fmt: skip


def anybody(design: Design) -> Iterator[Finding]:
    """Find archives that answer whoever asks."""
    allow = design.security.allow
    if not allow:
        yield Finding(
            "no-allow-list", "error", "security",
            "Every archive answers any AE title that calls it.",
            "List those that may call: [security] allow = [\"…\"].", design.where("security"),
            cite("PS3.7", "D.3.3.7"),
        )  # fmt: skip
        return
    for place, site in enumerate(design.sites):
        if site.ae_title not in allow:
            yield Finding(
                "not-allowed", "error", site.name,
                f"{site.name} calls as {site.ae_title}, which is not on the list: every archive "
                "rejects it (1/1/3).",
                f'Add "{site.ae_title}" to allow in [security].',
                design.where("security", "allow", place), cite("PS3.8", "9.3.4"),
            )  # fmt: skip


CHECKS = (open_lines, old_tls, no_audit, no_time, no_xua, no_consent, anybody)
