"""The live board of a workshop: who is where, who is stuck, and on what.

::

    with Board(Path("workshop"), bind="192.0.2.7") as board:
        print(board.url, board.room.join_code, board.room.instructor_code)

Learners report to it by a join code (`labkit.exercises.following`); the instructor's code shows it.
"""

from labkit.workshop.board.board import Board
from labkit.workshop.board.room import Room
from labkit.workshop.board.rules import Rules

__all__ = ["Board", "Room", "Rules"]
