"""Lockfiles: their formats, and the merge driver that git calls."""
