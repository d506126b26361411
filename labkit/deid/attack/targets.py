"""De-identifiers that are attacked: ours here, peers in `labkit.deid.attack.peers`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.deid import Deidentifier, Key, Profile
from labkit.deid.pixels import Cleaner, Review, SiteRules

#: What is attacked where nobody says otherwise: the Basic Profile, and pixels cleaned.
STANDARD = ("clean-pixel-data", "clean-visual-features")


def ours(
    source: Path,
    out: Path,
    *,
    options: Sequence[str] = STANDARD,
    rules: SiteRules | None = None,
) -> None:
    """De-identify a study with labkit.

    A person who reviews is played here: they let every defaced head pass, without looking, and no
    image in which text may be left.

    Parameters
    ----------
    options
        Of the profile.
    """
    profile = Profile.of(*options)
    key = Key.new()
    if not set(STANDARD) & set(profile.options):
        Deidentifier(profile, key).folder(source, out)
        return
    review = Review(out.with_name(f"{out.name}.review"))
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for _ in range(2):  # what was held for review is released in the second run
        cleaner = Cleaner(rules=rules, review=review).survey(files)
        Deidentifier(profile, key, pixels=cleaner).folder(source, out)
        heads = {q.group for q in review.open() if q.why.startswith("defaced:")}
        for group in sorted(heads):
            review.decide(group, accepted=True, by="nobody looked", at="")


def read_profile(path: Path) -> tuple[str, ...]:
    """Read the options of a profile from a TOML file: ``options = ["clean-descriptors"]``.

    Raises
    ------
    UsageError
        It cannot be read, or says something else.
    """
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unusable(path, f"cannot be read ({type(error).__name__})") from error
    options = found.get("options")
    if set(found) != {"options"} or not isinstance(options, list):
        raise _unusable(path, "has more or less than a list of options")
    Profile.of(*options)  # an unknown one is told now
    return tuple(options)


def _unusable(path: Path, what: str) -> UsageError:
    return UsageError(f"{path.name} {what}", remedy='write options = ["clean-pixel-data"]')
