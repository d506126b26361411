"""``labkit doctor``: is each server there, does it know us, and what is to be changed by whom?

Each node is examined layer by layer, from its name upwards, and the first layer that fails ends it:
what lies above cannot work either. Numbers are shown, never what was found.
"""
