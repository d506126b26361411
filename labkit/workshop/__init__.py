"""A workshop: what an instructor hands out, follows, collects and marks."""
