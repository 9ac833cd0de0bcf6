"""The history of an app as people draw it."""
