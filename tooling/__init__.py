"""What `lab.py` runs: set-up, the open workbook, the tests, the lock.

Standard library only, and nothing of `labkit`: this code runs before either is installed.
"""
