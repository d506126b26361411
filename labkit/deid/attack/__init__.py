"""Try to get identity back from what a de-identifier has given out."""
