"""What trains: switching layers, changes that wait for `fit`, and compiling again."""
