"""The only package of seqwidget that uses private names of Keras.

Some of these names have a fallback, in case a version of Keras lacks them.
"""
