"""One module per verb: a ``VERB`` that says what it takes, and ``run(options)``."""
