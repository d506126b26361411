"""Try to get identity back from what a de-identifier has given out.

::

    planted = build(Path("study"))                 # a made-up study, full of planted identity
    Deidentifier(Profile(), Key.new()).folder(planted.folder, Path("out"))
    [row for row in attack(planted, Path("out"), "mine") if row.succeeded]
"""

from labkit.deid.attack.model import Attack, Planted, Row
from labkit.deid.attack.study import build
from labkit.deid.attack.suite import attack, attacks

__all__ = ["Attack", "Planted", "Row", "attack", "attacks", "build"]
