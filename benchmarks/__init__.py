"""Speed beside the peers, in one run: ``python -m benchmarks``; see ``docs/performance.md``."""
