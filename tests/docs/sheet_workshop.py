"""What the cheat sheet says of workshops."""

WORKSHOP = """## A workshop

```sh
labkit workshop release DIR --notebooks 'beginner/*' --hints all|N|none --no-solutions --title TITLE
labkit workshop slides 'beginner/*' --out DIR    # a deck a notebook, one HTML file; s: notes
labkit workshop start --learners N      # or --names FILE; --bind ADDRESS for other machines
labkit workshop status                  # each room; --memory: what it costs
labkit workshop break storage-full --for all   # or names; mend, reset likewise
labkit workshop codes --learners N      # access codes alone, for JupyterHub (docs/hub.md)
labkit workshop stop                    # all work and all codes are kept
labkit workshop collect [FOLDER|ZIP|NOTEBOOK ...] --name NAME
labkit workshop mark --for NAME --notebook beginner/07_send --jobs N; labkit workshop mark --what
labkit workshop report --lessons URL; labkit workshop nbgrader DIR
labkit workshop board --bind 192.0.2.7    # live page: who is where, who is stuck; prints the codes
labkit workshop join CODE --at http://192.0.2.7:8017    # a learner's laptop reports to it
labkit workshop leave --take-back         # no more; and the board forgets what this laptop sent
```"""
