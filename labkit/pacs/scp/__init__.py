"""Service class providers, one file a service: each has a function ``serve(x: Exchange)``."""
