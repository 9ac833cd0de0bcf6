"""One migration file as text: read, rewritten, and what it touches."""
