"""A Jupyter server extension: it registers the save hook, and tells kernels that it is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from labkit.lab.own.privacy import LEDGER, keep_out


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "labkit.lab.own.extension"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    """Register the hook; only then may a kernel of this server join own servers."""
    serverapp.contents_manager.register_pre_save_hook(keep_out)
    # Another extension may put a contents manager of its own in the place of this one.
    serverapp.config.ContentsManager.pre_save_hook = keep_out
    ledger = Path(serverapp.runtime_dir) / f"labkit-own-{os.getpid()}.jsonl"
    ledger.unlink(missing_ok=True)  # of an earlier process that had our number
    os.environ[LEDGER] = f"{os.getpid()}:{ledger}"
