"""The only package of seqwidget that uses private names of Keras.

Each capability that rests on them is probed when it is first needed, and is replaced by Keras's
public way if it does not work; `capabilities` is the table of them.
"""
