"""What a model computes on samples: inputs, each layer's output, and the health of its channels."""
