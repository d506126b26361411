"""A workshop: what an instructor hands out, sees, breaks, collects and marks."""
