"""What the exercises of notebook 20 begin with."""

IMPORTS = """
    from labkit.exchange.network import check_design, read_design
    from labkit.exercises.mentoring import (
        Comment, Score, drive, handed_over, handed_over_text, oral)
    theirs = handed_over_text()
"""
