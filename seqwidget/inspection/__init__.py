"""Inspect a model: `inspect` returns all facts about it, as one `Stack`."""
