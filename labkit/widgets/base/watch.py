"""A widget that fetches what it shows again and again, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

from traitlets import Bool, Unicode

from labkit.common.errors import LabkitError
from labkit.widgets.base.widget import LabWidget


class WatchingWidget(LabWidget):
    """A `LabWidget` with `append`, and a thread that calls it."""

    watching = Bool(False, help="more is fetched").tag(sync=True)
    problem = Unicode("", help="why nothing more is fetched").tag(sync=True)

    def __init__(self, **traits: object) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        super().__init__(**traits)

    def append(self, source: object) -> None:
        """Take in more; what is there already is replaced by what it has become."""
        raise NotImplementedError

    def watch(self, fetch: Callable[[], object], every: float = 0.5) -> None:
        """Fetch again and again, until `stop`.

        Parameters
        ----------
        fetch
            Returns what `append` takes, such as ``lambda: lab.traces("ARCHIVE")``.
        every
            Seconds between.
        """
        self.stop()
        self._stop = threading.Event()
        self.watching, self.problem = True, ""
        threading.Thread(
            target=self._run, args=(fetch, every, self._stop), name="watching", daemon=True
        ).start()

    def stop(self) -> None:
        """Stop watching; what is shown stays."""
        self._stop.set()
        self.watching = False

    def close(self) -> None:
        """Stop watching, and take the widget out of the notebook."""
        if hasattr(self, "_stop"):  # not so where what it was given could not be read
            self.stop()
        super().close()

    def _run(self, fetch: Callable[[], object], every: float, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.append(fetch())
            except LabkitError as error:  # such as: the lab was shut down
                if not stop.is_set():
                    self.problem, self.watching = str(error), False
                return
            stop.wait(every)

    def handlers(self) -> dict[str, Callable[[dict[str, object]], None]]:
        """Return what the view may ask for."""
        return {"stop": lambda _message: self.stop()}
