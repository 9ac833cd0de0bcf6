"""A small real Django project, and the story of two branches played on it."""
