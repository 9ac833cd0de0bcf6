"""A project's apps, their labels, and the graph of their migrations."""
