"""Notebook 17: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

RIGHT = [
    ("cloud-what-is-seen", """
        def leaks(bucket, secrets):
            return [n for n, d in bucket.items() for s in secrets
                    if s in n or s.encode() in d]
    """),
    ("cloud-nonce", """
        def nonce(number, last):
            import struct
            return struct.pack(">?xxxQ", last, number)
    """),
    ("cloud-nonce", """
        def nonce(number, last):
            return (2 * number + last).to_bytes(12, "little")
    """),
    ("cloud-may-go", """
        def may_go(packs, read):
            return [p["series"] for p in packs
                    if hashlib.sha256(read(p["name"]) or b"").hexdigest() == p["sha256"]]
    """),
    ("cloud-until", """
        def kept_until(taken, born, years, adult, hold):
            if hold or not taken or not born:
                return None
            ends = [date(taken.year + years, taken.month, taken.day),
                    date(born.year + adult, born.month, born.day)]
            return sorted(ends)[-1]
    """),
    ("cloud-bill", """
        def months_bill(stored, read, deleted, prices):
            money = stored * prices.gbyte_month + read * prices.egress_gbyte
            for size, months in deleted:
                if months < prices.months:
                    money += size * (prices.months - months) * prices.gbyte_month
            return money
    """),
    ("cloud-stow-answer", """
        def acknowledged(status, response, batch):
            if status == 409:
                return []
            return [i.ReferencedSOPInstanceUID for i in response.get("ReferencedSOPSequence", [])]
    """),
]  # fmt: skip

WRONG = [
    (
        "cloud-what-is-seen",
        """
        def leaks(bucket, secrets):
            return set(bucket)
    """,
    ),
    (
        "cloud-nonce",
        """
        def nonce(number, last):
            return bytes([number % 256] * 12)
    """,
    ),
    (
        "cloud-nonce",
        """
        def nonce(number, last):
            return number.to_bytes(8, "big") + bytes([last])
    """,
    ),
    (
        "cloud-may-go",
        """
        def may_go(packs, read):
            return {p["name"] for p in packs}
    """,
    ),
    (
        "cloud-until",
        """
        def kept_until(taken, born, years, adult, hold):
            return date(2100, 1, 1)
    """,
    ),
    (
        "cloud-bill",
        """
        def months_bill(stored, read, deleted, prices):
            return "much"
    """,
    ),
    (
        "cloud-stow-answer",
        """
        def acknowledged(status, response, batch):
            return set(batch)
    """,
    ),
]


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_other_right_answers(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_other_wrong_answers(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed" and verdict.expected, verdict
