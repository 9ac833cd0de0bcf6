"""Project states: Django's own, made to check before they change."""
