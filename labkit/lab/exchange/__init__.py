"""The two sites of the lab as communities of an exchange: ``lab.communities()``."""
