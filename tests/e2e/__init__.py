"""Tests with the real things: hook runners, Django, servers."""
