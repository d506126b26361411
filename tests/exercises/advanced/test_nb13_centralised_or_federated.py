"""Notebook 13: other right answers and other wrong ones."""

from __future__ import annotations

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes


def test_bytes_counted_another_way(lab: Lab) -> None:
    passes(
        lab, "exp-wan-bytes",
        """
        def predicted(style, payload, readers):
            lines = {"centralised": 1, "federated": 1}.get(style, 2)
            others = {reader for reader in readers if reader != "hospital01"}
            return (style == "centralised") * payload + sum(lines * payload for _ in others)
        """,
    )  # fmt: skip
    falls_short(
        lab, "exp-wan-bytes",
        """
        def predicted(style, payload, readers):
            return payload
        """,
    )  # fmt: skip


def test_a_memo_for_another_style_is_as_good(lab: Lab) -> None:
    memo = """
    known = facts(tried)
    style = "federated"
    memo = {
        "style": style,
        "because": [(style, name, known[style][name])
                    for name in ("bytes_to_read", "priors_lost_line", "own_lost_centre")],
        "against": [(style, "searched_for", known[style]["searched_for"])],
        "would_change": "searched_for",
    }
    """
    passes(lab, "exp-memo", memo)
    falls_short(
        lab, "exp-memo", memo.replace('("bytes_to_read", "priors_lost_line", "own_lost_centre")',
                                      '("bytes_to_read",)'),
    )  # fmt: skip
    falls_short(
        lab, "exp-memo", memo.replace('"federated"', '"hybrid"', 1).replace(
            '[(style, "searched_for", known[style]["searched_for"])]',
            '[("federated", "searched_for", known["federated"]["searched_for"])]'),
        mistake="harmless-objection",
    )  # fmt: skip


def test_the_cache_of_a_hospital_is_not_the_archive(lab: Lab) -> None:
    falls_short(
        lab, "exp-copy-is-no-backup",
        """
        def lost(design, work, site, holders):
            return [study.uid for study in work.studies if site in holders[study.uid]]
        """,
    )  # fmt: skip


def test_an_error_in_percent_is_another_number(lab: Lab) -> None:
    falls_short(
        lab, "exp-held-out",
        """
        def error(checked, fitted):
            return max(100 * abs(one["wan_bytes"][1] / one["wan_bytes"][0] - 1)
                       for size, styles in checked.items() if size not in fitted
                       for one in styles.values())
        """,
    )  # fmt: skip
