"""Explain why Keras refuses a layer, and find edits of the model that make it fit."""
