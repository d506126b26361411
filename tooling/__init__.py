"""What `lab.py` runs: set-up, the open workbook, the tests, the site, the lock.

Standard library only, and nothing of `labkit`: this code runs before either is installed. `site`
alone runs by the interpreter of .venv, which has mkdocs.
"""
