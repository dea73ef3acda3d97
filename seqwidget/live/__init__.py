"""A model that tells its observers."""
