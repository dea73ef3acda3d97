"""Thin widgets: traits in, requests out."""
