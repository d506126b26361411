"""Identity that nobody has: words, numbers and UIDs from a seed, each planted in one place.

A word occurs nowhere else, so that finding it proves from where it came.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_BEGIN = ("Kel", "Vor", "Zum", "Thra", "Quil", "Dro", "Fjel", "Gwin", "Mox", "Brun", "Sker", "Yld")
_MIDDLE = ("van", "mir", "dok", "ulm", "eri", "osk", "fen", "gat", "lit", "ruk", "wen", "zab")
_END = ("holt", "wick", "mund", "gast", "feld", "berg", "stad", "kern", "dyke", "marsh", "lund")

#: The victim and the accomplice: the attacker's own examination of the same week (DA, PS3.5 6.2).
STUDY_DATE, ACCOMPLICE_DATE, BIRTH_DATE = "20191117", "20191113", "19270823"
STUDY_TIME = "143827.193"
DEVICE_SERIAL = "88231507"
#: Rows of PatientIDs in the order in which the hospital gave them: a space that can be searched.
ID_SPACE = 60_000


@dataclass(frozen=True)
class Plants:
    """What is planted where, all of it from one seed.

    Attributes
    ----------
    seed
        The same seed gives the same study, byte for byte.
    """

    seed: int = 7
    _words: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def word(self, channel: str) -> str:
        """Return the word of a channel; never the same for two."""
        if channel not in self._words:
            dice = random.Random(f"{self.seed}/{channel}")
            taken = set(self._words.values())
            while True:
                middle = "".join(dice.choice(_MIDDLE) for _ in range(2))
                made = dice.choice(_BEGIN) + middle + dice.choice(_END)
                if made not in taken:
                    break
            self._words[channel] = made
        return self._words[channel]

    @property
    def patient_id(self) -> str:
        """Patient ID of the victim: a letter and five digits."""
        return f"P{random.Random(f'{self.seed}/id').randrange(ID_SPACE // 2, ID_SPACE):05d}"

    @property
    def accomplice_id(self) -> str:
        """Patient ID of the attacker's own examination."""
        return f"P{random.Random(f'{self.seed}/accomplice').randrange(ID_SPACE // 2):05d}"

    def uid(self, name: str) -> str:
        """Return a UID as a device makes them: its serial number and the time are in it.

        2.999 is the arc for examples (ITU-T X.660).
        """
        number = random.Random(f"{self.seed}/uid/{name}").randrange(10**8, 10**9)
        return f"2.999.{DEVICE_SERIAL}.{STUDY_DATE}{STUDY_TIME[:6]}.{number}"
