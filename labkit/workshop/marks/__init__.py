"""Collect what learners hand in, mark it by running it again, and report on it.

Stored outputs and stored progress decide nothing: a verdict is reached by the marker's own
process, over what a notebook's cells do in a new kernel and a new lab (docs/security/marking.md).
"""
