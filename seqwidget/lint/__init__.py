"""Notes on a stack that works, such as pixels that no layer sees."""
