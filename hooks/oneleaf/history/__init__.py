"""From a state's paths to apps, and from apps to one graph, by the rules of Django's loader."""
