"""A user's own studies in the lab: brought in by ``labkit import``, used by ``lab.use``.

The workspace's folder ``own/`` holds what was brought in, de-identified unless the user said
otherwise: a folder of Part 10 files for each study, and ``studies.json``, which names them. The
lab's archive gets copies by its usual doors. ``reset`` empties the archive of them and leaves the
folder; `use` puts them back.
"""
