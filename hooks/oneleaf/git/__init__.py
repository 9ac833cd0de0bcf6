"""Git: the one place that starts it, and the states it keeps."""
