"""A workshop on JupyterHub: who is let in, as which account they work, and what ends with them."""
