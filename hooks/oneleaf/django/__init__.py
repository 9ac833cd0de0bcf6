"""The optional Django app: ``INSTALLED_APPS += ["oneleaf.django"]``.

For development: ``makemigrations`` and ``squashmigrations`` write the lockfile at once,
``manage.py oneleaf`` is the command line, ``manage.py check`` says what it finds.
Nothing here may stop a project from starting.
"""
