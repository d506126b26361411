"""Say a C-FIND as a URL.

A viewer speaks DIMSE, the new archive HTTP. Something between them turns identifiers into URLs.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from pydicom import Dataset
from pydicom.sequence import Sequence

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def as_url(ds):
        above = {"STUDY": [], "SERIES": ["StudyInstanceUID"],
                 "IMAGE": ["StudyInstanceUID", "SeriesInstanceUID"]}[ds.QueryRetrieveLevel]
        names = {"StudyInstanceUID": "studies", "SeriesInstanceUID": "series"}
        last = {"STUDY": "studies", "SERIES": "series", "IMAGE": "instances"}
        path = "".join(f"/{names[key]}/{ds[key].value}" for key in above)
        query = []
        for element in ds:
            name = element.keyword
            if name in ("QueryRetrieveLevel", "SpecificCharacterSet", *above):
                continue
            if element.is_empty:
                query.append(f"includefield={name}")
            else:
                values = element.value if element.VM > 1 else [element.value]
                query.append(f"{name}={','.join(map(str, values))}")
        return f"{path}/{last[ds.QueryRetrieveLevel]}" + ("?" if query else "") + "&".join(query)
"""

EXERCISE = Exercise(
    given="""
        import requests
        from labkit.dimse import identifier
    """,
    blank="""
        def as_url(ds):
            ...  # path and query, from /studies on, of the identifier ds: STUDY, SERIES or IMAGE
    """,
    answer="as_url",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The level is the resource: studies, series, instances. The unique keys of the levels above
        are in the path, and the search is hierarchical again (PS3.18 10.6.1.1, PS3.4 C.4.1.3.1.1).
        A key with a value is a parameter; an empty one, a return key, is an includefield
        (8.3.4.3). Several UIDs have commas where DIMSE has backslashes. Specific Character Set
        says how the identifier is encoded, and has no place in a URL, which is UTF-8. The other
        direction is what a façade does for each request: notebook 03.
    """,
    hints=(
        "What of the identifier is in the path, and what behind the question mark? The level is in "
        "neither as a key.",
        "An empty key asks for the attribute back: includefield. (0008,0052) and (0008,0005) are "
        "no keys at all.",
        "SERIES of study 1.2 with Modality=CT and an empty SeriesDescription is "
        "/studies/1.2/series?Modality=CT&includefield=SeriesDescription.",
    ),
    wrong=(
        Wrong(
            "level-as-a-key",
            _REFERENCE.replace('("QueryRetrieveLevel", "SpecificCharacterSet", *above)',
                               '("SpecificCharacterSet", *above)'),
            """You sent Query/Retrieve Level (0008,0052) as a key. In a URL the resource is the
            level, and no study has such an attribute.""",
        ),
        Wrong(
            "empty-as-a-key",
            _REFERENCE.replace('query.append(f"includefield={name}")', 'query.append(f"{name}=")'),
            """You wrote an empty key as a parameter without a value. Return keys are in
            includefield (PS3.18 8.3.4.3); some servers take yours for an error.""",
        ),
        Wrong(
            "uid-in-the-query",
            _REFERENCE.replace("*above)", ")").replace(
                '"".join(f"/{names[key]}/{ds[key].value}" for key in above)', '""'
            ),
            """You put the UID of the level above into the query. That is the relational form, which
            a server need not have; in the hierarchical one it is in the path.""",
        ),
        Wrong(
            "backslash-kept",
            _REFERENCE.replace("','.join", "chr(92).join"),
            """You kept the backslash between UIDs. In a URL the list has commas.""",
        ),
        Wrong(
            "character-set-as-a-key",
            _REFERENCE.replace('"SpecificCharacterSet", *above', "*above"),
            """You sent Specific Character Set as a key. It says how the identifier's bytes are to
            be read, is never matched (PS3.4 C.2.2.2), and a URL is UTF-8.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.3.4.1"), cite("PS3.18", "8.3.4.3"), cite("PS3.18", "10.6.1.1"))
Pairs = set[tuple[str, str]]


def _cases() -> list[tuple[Dataset, str, Pairs]]:
    def made(level: str, **keys: object) -> Dataset:
        ds = Dataset()
        ds.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            setattr(ds, keyword, value)
        return ds

    several = made("STUDY", StudyInstanceUID=["1.2", "1.3"])
    charset = made("STUDY", SpecificCharacterSet="ISO_IR 192", PatientName="Rossi*")
    empty = made("SERIES", StudyInstanceUID="1.2", Modality="CT", SeriesDescription="",
                 RequestAttributesSequence=Sequence([]))  # fmt: skip
    return [
        (made("STUDY", PatientID="NG-100457", StudyDate="20260112-"), "/studies",
         {("PatientID", "NG-100457"), ("StudyDate", "20260112-")}),
        (empty, "/studies/1.2/series",
         {("Modality", "CT"), ("includefield", "SeriesDescription"),
          ("includefield", "RequestAttributesSequence")}),
        (several, "/studies", {("StudyInstanceUID", "1.2,1.3")}),
        (charset, "/studies", {("PatientName", "Rossi*")}),
        (made("IMAGE", StudyInstanceUID="1.2", SeriesInstanceUID="1.2.3", InstanceNumber="7"),
         "/studies/1.2/series/1.2.3/instances", {("InstanceNumber", "7")}),
    ]  # fmt: skip


def check(work: Work) -> Verdict:
    """Translate identifiers of three levels, and compare what they ask for."""
    for number, (ds, path, wanted) in enumerate(_cases()):
        got = work.call(ds)
        if number == 0 and got in (None, ...):
            return blank()
        asks = f"{path}?{'&'.join(f'{k}={v}' for k, v in sorted(wanted))}"
        if not isinstance(got, str):
            return failed(expected=asks, got=got, rule=RULE)
        parts = urlsplit(got)
        pairs = _pairs(parts.query)
        if parts.path.rstrip("/") == path and pairs == wanted:
            continue
        return failed(expected=asks, got=got, rule=RULE, mistake=_mistake(pairs, parts.path, path))
    return passed("Five identifiers of three levels, each as one URL.", rule=RULE)


def _pairs(query: str) -> Pairs:
    found: Pairs = set()
    for name, value in parse_qsl(query, keep_blank_values=True):
        several = value.split(",") if name.lower() == "includefield" else [value]
        found |= {("includefield" if name.lower() == "includefield" else name, v) for v in several}
    return found


def _mistake(pairs: Pairs, path: str, wanted: str) -> str:
    names = {name for name, _ in pairs}
    if "QueryRetrieveLevel" in names:
        return "level-as-a-key"
    if "SpecificCharacterSet" in names:
        return "character-set-as-a-key"
    if any("\\" in value for _, value in pairs):
        return "backslash-kept"
    if path.rstrip("/") != wanted and "StudyInstanceUID" in names:
        return "uid-in-the-query"
    if any(value == "" for _, value in pairs):
        return "empty-as-a-key"
    return ""
