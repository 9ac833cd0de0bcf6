"""The history of an app as people draw it: rows in, text or a diagram out."""
