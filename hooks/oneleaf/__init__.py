"""oneleaf keeps each Django app's migration history in one line."""

__version__ = "0.1.0"
