"""JupyterHub for a workshop; docs/hub.md. What can be chosen is in `HubSettings`."""

from labkit.workshop.hub.configure import from_environment

from_environment(get_config())  # noqa: F821 - JupyterHub brings it
