"""The glossary: in order, each term with its place in the standard, every link to it alive."""

import json
import re
from pathlib import Path

import pytest

from labkit.common import cite

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r'^## <a id="(.+)"></a>(.+)$', TEXT, re.MULTILINE)
TERMS = [term for _, term in HEADINGS]
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """Spell a heading as GitHub does in a URL; JupyterLab keeps the case, so it has an id too."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_terms_are_sorted_and_unique() -> None:
    assert sorted(TERMS, key=str.casefold) == TERMS
    assert len(TERMS) == TEXT.count("\n## "), "a heading has another form"
    anchors = [anchor(term) for term in TERMS]
    assert anchors == [id_ for id_, _ in HEADINGS]
    assert len(anchors) == len(set(anchors))
    assert len(TERMS) >= 80


ELSEWHERE = "NIST SP|Amazon S3"
"""What decides where no standard of the field does; `cite()` knows no address of theirs."""


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_sentences_and_a_reference(term: str) -> None:
    entry = TEXT.split(f"</a>{term}\n")[1].split("\n## ")[0].strip()
    text, references = entry.rsplit("\n\n", 1)
    assert text.endswith(".")
    assert 1 <= len(re.findall(r"[.:;?](?: |\n|$)", text)) <= 9, "one to three plain sentences"
    assert re.match(rf"\[?(PS3\.\d+|FHIR R4|IHE|HL7 v2|RFC|{ELSEWHERE})", references)
    for words, url in LINK.findall(references):
        if re.match(ELSEWHERE, words):
            continue
        document, section = re.fullmatch(r"(PS3\.\d+|FHIR R4|RFC \d+) ?(.*)", words).groups()  # type: ignore[union-attr]
        assert url == cite(document, section).url


def test_links_to_the_glossary_are_alive() -> None:
    known = {anchor(term) for term in TERMS}
    for path in [*ROOT.glob("notebooks/**/*.ipynb"), *ROOT.glob("**/*.md")]:
        if ".venv" in path.parts or ".lab" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        wanted = set(re.findall(r"glossary\.md#([\w\-]+)", text))
        assert wanted <= known, f"{path.name} links to terms that the glossary does not have"
