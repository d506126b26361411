"""MappingWorkbench: what is read, by which row of the table, and what comes out."""

from labkit.widgets.mapping_workbench.model import MappingWorkbench

__all__ = ["MappingWorkbench"]
