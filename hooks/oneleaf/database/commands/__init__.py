"""One module per verb of ``oneleaf db``: a VERB and a run(options)."""
