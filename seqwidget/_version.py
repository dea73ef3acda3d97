"""The version of seqwidget."""

__version__ = "0.1.0"
