"""ConsentSwitch: edit a consent, and see which doors it opens and shuts."""

from labkit.widgets.consent_switch.model import ConsentSwitch

__all__ = ["ConsentSwitch"]
