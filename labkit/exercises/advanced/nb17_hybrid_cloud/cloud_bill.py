"""A month's bill.

Work out what the provider will ask for a month, before it does.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def months_bill(stored, read, deleted, prices):
        early = sum(size * max(prices.months - months, 0) for size, months in deleted)
        return (stored + early) * prices.gbyte_month + read * prices.egress_gbyte
"""

EXERCISE = Exercise(
    given="    from labkit.exchange.cloud import Prices\n",
    blank="""
        def months_bill(stored, read, deleted, prices):
            ...  # money

        # stored: gigabytes that lie there. read: gigabytes that were had back.
        # deleted: pairs, (gigabytes, months that they had been there)
        # prices: gbyte_month, egress_gbyte, and months, the least time that is billed
    """,
    answer="months_bill",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Three lines of a price list. What lies there; what leaves; and what was deleted before the
        least time was over, for the months that were left of it. Cold classes are cheap in the
        first and dear in the others: an archive whose priors are read, or whose studies are
        merged and sent again, pays in the two lines that nobody had looked at.
    """,
    hints=(
        "There are three lines on it.",
        "Deleted after 1 month, with 3 as the least: 2 months more are billed.",
        "max(prices.months - months, 0) for each that was deleted, by its gigabytes.",
    ),
    wrong=(
        Wrong(
            "no-egress",
            _RIGHT.replace(" + read * prices.egress_gbyte", ""),
            "You left out what was read back. It is the line that surprises in the first year.",
        ),
        Wrong(
            "no-minimum",
            _RIGHT.replace("(stored + early)", "stored"),
            "You left out what was deleted too early: it is billed until the least time is over.",
        ),
        Wrong(
            "whole-minimum",
            _RIGHT.replace("max(prices.months - months, 0)", "prices.months"),
            """You billed the least time anew for all that was deleted. What has been paid of it
            is paid, and what lay there for a year owes nothing.""",
        ),
        Wrong(
            "gives-back",
            _RIGHT.replace("max(prices.months - months, 0)", "(prices.months - months)"),
            "What lay there longer than the least time does not earn you money back.",
        ),
    ),
)

RULE = (cite("the provider's price list"), cite("the contract"))
_STORED, _READ, _DELETED = 20_000.0, 1_500.0, [(300.0, 1.0), (500.0, 12.0)]


def check(work: Work) -> Verdict:
    """Hand it a month of a hospital."""
    from labkit.exchange.cloud import Prices

    prices = Prices(0.004, egress_gbyte=0.09, months=3)
    got = work.call(_STORED, _READ, list(_DELETED), prices)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    egress = _READ * 0.09
    bills = {
        "": (_STORED + 600) * 0.004 + egress,
        "no-egress": (_STORED + 600) * 0.004,
        "no-minimum": _STORED * 0.004 + egress,
        "whole-minimum": (_STORED + 2400) * 0.004 + egress,
        "gives-back": (_STORED + 600 - 4500) * 0.004 + egress,
    }
    if not isinstance(got, (int, float)):
        return failed(expected="a number", got=got, rule=RULE)
    near = [name for name, value in bills.items() if abs(value - got) < 1e-6]
    if near == [""]:
        said = f"{got:.2f}: of it {egress:.2f} for what was read, 2.40 for what went too early."
        return passed(said, rule=RULE)
    return failed(expected=round(bills[""], 2), got=got, rule=RULE, mistake=near[0] if near else "")
