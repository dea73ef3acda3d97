"""Run a model on samples: prepare inputs, collect layer outputs, and check channel health."""
