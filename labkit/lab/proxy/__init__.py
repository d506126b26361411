"""The façade before an old PACS: as a node of the lab, and as the command ``labkit proxy``."""
