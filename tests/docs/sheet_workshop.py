"""What the cheat sheet says of workshops."""

WORKSHOP = """## A workshop

```sh
labkit workshop release DIR --notebooks 'beginner/*' --hints all|N|none --no-solutions --title TITLE
```"""
