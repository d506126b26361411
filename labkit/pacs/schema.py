"""The tables of the index, made from the list of keys (`labkit.pacs.keys`).

One table a level. Each searched key has a column ``q_<keyword>`` with its search form and an index
on it; a name has three, one for each component group. ``attributes`` keeps the values as they are
to be returned, as JSON, since they are only ever read together.
"""

from __future__ import annotations

from functools import cache

from labkit.pacs.keys import Key, Level, keys_at

VERSION = 2
TABLE = {
    Level.PATIENT: "patient",
    Level.STUDY: "study",
    Level.SERIES: "series",
    Level.IMAGE: "instance",
}
PARENT = {Level.STUDY: "patient", Level.SERIES: "study", Level.IMAGE: "series"}


@cache
def columns_of(key: Key) -> list[str]:
    """The columns that hold a key's search forms; none where it is kept only to be returned."""
    if not key.searched:
        return []
    name = f"q_{key.keyword}"
    return [name, f"{name}_2", f"{name}_3"] if key.vr == "PN" else [name]


@cache
def columns_at(level: Level) -> list[str]:
    """All search columns of a level."""
    return [column for key in keys_at(level) for column in columns_of(key)]


_OWN = {
    # Patients without a Patient ID are one patient a study: they are not known to be the same.
    Level.PATIENT: "identity TEXT NOT NULL UNIQUE",
    Level.STUDY: "patient INTEGER NOT NULL REFERENCES patient(pk)",
    Level.SERIES: "study INTEGER NOT NULL REFERENCES study(pk)",
    Level.IMAGE: (
        "series INTEGER NOT NULL REFERENCES series(pk), transfer_syntax TEXT NOT NULL, "
        "size INTEGER NOT NULL, source TEXT NOT NULL"
    ),
}
# The number of an object that is gone must not come again: marks count by it.
_NUMBERED = {Level.IMAGE: " AUTOINCREMENT"}
_UNIQUE = {
    Level.STUDY: "UNIQUE (q_StudyInstanceUID, patient)",
    Level.SERIES: "UNIQUE (q_SeriesInstanceUID, study)",
    Level.IMAGE: "UNIQUE (q_SOPInstanceUID)",
}


def statements() -> list[str]:
    """The statements that make an empty index."""
    made: list[str] = []
    for level, table in TABLE.items():
        parts = [
            "pk INTEGER PRIMARY KEY" + _NUMBERED.get(level, ""),
            _OWN[level],
            *(f"{column} TEXT NOT NULL DEFAULT ''" for column in columns_at(level)),
            "attributes TEXT NOT NULL",
            *([_UNIQUE[level]] if level in _UNIQUE else []),
        ]
        made.append(f"CREATE TABLE {table} ({', '.join(parts)})")
        if level in PARENT:
            parent = PARENT[level]
            made.append(f"CREATE INDEX ix_{table}_{parent} ON {table} ({parent})")
        unique = _UNIQUE.get(level, "")
        made += [
            f"CREATE INDEX ix_{table}_{column} ON {table} ({column})"
            for column in columns_at(level)
            if f"({column}" not in unique  # the UNIQUE constraint is an index already
        ]
    made.append(f"PRAGMA user_version = {VERSION}")
    return made
