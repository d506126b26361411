"""`python3 lab.py site`: the documents, the notebooks and the API reference as a static site.

`staging.py` copies what the site is made of into a folder of its own, `notebook.py` makes pages of
notebooks with their stored outputs (none is run), mkdocs builds, `checking.py` looks at what came
out: no page asks another host for anything, and every link within the site leads somewhere.
"""
