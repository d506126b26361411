"""A second way, for what there is to spend

Any line may be cut. The emergency room must not notice.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import GIVEN, LINES, WHO, marked

_ONE = """
    lines = whose + '''
    [[link]]
    from = "harbour"
    to = "lakeside"
    mbit = 50
    ms = 15
    '''
"""
_NOT_OFFERED = """
    lines = whose + '''
    [[link]]
    from = "harbour"
    to = "lakeside"
    mbit = 50
    ms = 15

    [[link]]
    from = "harbour"
    to = "hillside"
    mbit = 100
    ms = 5
    '''
"""
_EVERY = (
    LINES
    + """
    lines = lines.replace('[identity]', '''
    [[community]]
    name = "Region"
    issuer = "REGION"
    home = "urn:oid:2.25.2026104.1"
    authority = "2.25.2026104.2"

    [[site]]
    name = "centre"
    community = "Region"
    ae_title = "CENTRE"
    role = "router"
    archive = "none"

    [[link]]
    from = "north"
    to = "centre"
    mbit = 1000
    ms = 4

    [[link]]
    from = "lakeside"
    to = "centre"
    mbit = 100
    ms = 12

    [identity]''')
    """
)

EXERCISE = Exercise(
    given=GIVEN + WHO,
    blank="""
    # Make `lines` of `whose`: any one line may be cut, and the emergency and the reading of
    # Hillside's images go on. Take lines that the brief offers, within its budget. (How they are
    # protected comes next.)
    for offer in read_brief("region").offers:
        print(offer.from_, offer.to, f"{offer.mbit} Mbit/s, {offer.ms} ms, {offer.cost:,}")
    lines = whose
    """,
    answer="lines",
    expects=str,
    reference=LINES,
    explanation="""
        A site needs two lines that end at different places. A ring gives that to all with one line
        a site; the carrier's line from the harbour to Lakeside and that from Hillside to Lakeside
        close it. The network finds the other way by itself, since each site asks over whatever
        line is left. Before signing, ask the carrier whether both lines lie in one trench.
    """,
    hints=(
        "mark(lines, parts=['design', 'break']): which line, when it is cut, stops which task?",
        "harbour, lakeside and hillside have one line each, all to north. Two more are enough.",
        "harbour to lakeside (50 Mbit/s, 15 ms), hillside to lakeside (20 Mbit/s, 20 ms).",
    ),
    wrong=(
        Wrong(
            "hillside-alone",
            _ONE,
            """Lakeside has a second line, Hillside has not: when its only line is cut, nobody
            reads what is radiographed there.""",
        ),
        Wrong(
            "nobody-offers-it",
            _NOT_OFFERED,
            """It works in the model. No carrier has a line between the harbour and Hillside, and
            the design stops at the first call to one.""",
        ),
        Wrong(
            "over-budget",
            _EVERY,
            """Every line that somebody named, and a room in the data centre on top: it is over what
            there is to spend, and two lines do the same.""",
        ),
    ),
)

RULE = (cite("brief region", "offer"), cite("brief region", "limits"))


def check(work: Work) -> Verdict:
    """Cut each line in turn."""
    marks = marked(work.answer, "break")
    if isinstance(marks, str):
        return failed(expected="a design that can be read", got=marks, rule=RULE)
    paper, cut = marks.named("lines-to-be-had"), marks.named("one-line-cut")
    if len(marks.design.links) < 4:
        return blank("There are three lines, as in the draft.")
    if not paper.full:
        mistake = "nobody-offers-it" if "nobody offers" in paper.got else "over-budget"
        return failed(expected=paper.expected, got=paper.got, rule=RULE, mistake=mistake)
    if not cut.full:
        alone = [site.name for site in marks.design.hospitals
                 if sum(site.name in link.ends for link in marks.design.links) < 2]  # fmt: skip
        return failed(expected=cut.expected, got=cut.got, rule=RULE,
                      mistake="hillside-alone" if "hillside" in alone else "")  # fmt: skip
    return passed(f"{cut.got} with a line cut, for {paper.got}.", rule=RULE)
