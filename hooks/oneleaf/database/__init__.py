"""The project's databases: the only rooms that import Django.

``settings`` starts Django as ``manage.py`` would; everything else here may be imported
only after that. ``commands/`` has one module per verb of ``oneleaf db``.
"""
