"""Generated: see README.md."""
