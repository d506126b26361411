"""The matching types of PS3.4 C.2.2.2, one module each."""

from labkit.pacs.matching.base import Clause, Matcher, MatchError
from labkit.pacs.matching.choose import element_text, matcher_for
from labkit.pacs.matching.names import NameMatcher
from labkit.pacs.matching.normal import forms
from labkit.pacs.matching.sequence import matches, matches_element

__all__ = [
    "Clause",
    "MatchError",
    "Matcher",
    "NameMatcher",
    "element_text",
    "forms",
    "matcher_for",
    "matches",
    "matches_element",
]
