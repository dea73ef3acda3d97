"""Why Keras rejects a layer, and edits that were tried and fit: context, rules, fixes."""
