"""Rooms: a folder, a lab and a JupyterLab for each learner, and the page that leads in."""
