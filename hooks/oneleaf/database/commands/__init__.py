"""One module per verb of ``oneleaf db``: a run(options); ``options`` has what it takes."""
