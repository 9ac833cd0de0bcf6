"""What arms one clone: the driver's registration, the attribute, the hooks, and what is missing."""
