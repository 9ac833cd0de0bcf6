"""One migration file, read statically: bytes in, a Migration out, in three routes that agree."""
