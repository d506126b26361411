"""The made-up study: identity planted wherever a file has room for it."""

from labkit.deid.attack.study.build import CARRIERS, build

__all__ = ["CARRIERS", "build"]
