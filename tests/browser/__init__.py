"""Real Chromium, bare pages and JupyterLab: what the tests of widgets and journeys share."""
