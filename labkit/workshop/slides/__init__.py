"""``labkit workshop slides``: a deck for the screen of the room, made from a notebook.

Each deck is one HTML file that needs no network: reveal.js, which nbconvert's slides ask for, would
be fetched from another host.
"""
