"""The façade as a service of its own: ``labkit proxy --config FILE`` (docs/proxy.md)."""
