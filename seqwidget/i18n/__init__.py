"""Build messages and translate them."""
