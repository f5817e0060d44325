"""The Teams app package: a manifest made from the settings, and two icons."""
