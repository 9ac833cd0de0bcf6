"""Planners: a project goes in, a complete Plan comes out; nothing is written here."""
