import inspect

from labkit.lab import Lab
from labkit.lab.embedded import EmbeddedLab


def test_the_embedded_lab_has_every_member_of_the_protocol() -> None:
    for name, member in vars(Lab).items():
        if name.startswith("_"):
            continue
        own = getattr(EmbeddedLab, name)
        assert isinstance(own, property) == isinstance(member, property), name
        if not isinstance(member, property):
            wanted = inspect.signature(member).parameters
            assert list(inspect.signature(own).parameters)[: len(wanted)] == list(wanted), name
