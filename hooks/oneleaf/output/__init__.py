"""Renderers: findings in, text out; one module per format."""
