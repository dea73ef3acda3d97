"""The only package of seqwidget that uses private names of Keras.

Each capability that depends on them is probed when it is first needed, and is replaced by public
methods of Keras if it does not work; `capabilities` lists all of them.
"""
