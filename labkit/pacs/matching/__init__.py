"""The matching types of PS3.4 C.2.2.2, one module each."""

from labkit.pacs.matching.base import Clause, Matcher, MatchError
from labkit.pacs.matching.choose import element_text, matcher_for
from labkit.pacs.matching.names import NameMatcher
from labkit.pacs.matching.normal import forms
from labkit.pacs.matching.sequence import matches, matches_element
from labkit.pacs.matching.single import Single
from labkit.pacs.matching.uid_list import UidList

__all__ = [
    "Clause",
    "MatchError",
    "Matcher",
    "NameMatcher",
    "Single",
    "UidList",
    "element_text",
    "forms",
    "matcher_for",
    "matches",
    "matches_element",
]
