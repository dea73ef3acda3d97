"""The only place with private Keras names, each with its fallback."""
