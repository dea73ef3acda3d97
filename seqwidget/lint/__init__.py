"""Notes on a stack that works, for example about input pixels that no layer uses."""
