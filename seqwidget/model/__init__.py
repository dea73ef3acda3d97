"""Frozen records of the facts about a model, and pure functions that compute them.

The modules here use Keras, but no widgets.
"""
