"""String tokens of Python files, changed in place and nothing else."""
