"""The capabilities that depend on private names of Keras: what each probe tries, and what is done without it.

A capability is probed when it is first needed (saving: at import), by doing it on small models that
are thrown away and comparing the outcome with that of Keras's public methods. If the outcome
differs in anything, or if the probe raises an error, the whole capability is off for the rest of
the process. No version of Keras is named here.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Probe = Callable[[], bool]


class Capability:
    """Something that seqwidget does with private names of Keras, and whether it works.

    Parameters
    ----------
    name
        A short name.
    tries
        What the probe tries.
    otherwise
        What is done if the capability is off.
    needs
        The capabilities without which this one does not work either.
    """

    def __init__(self, name: str, *, tries: str, otherwise: str, needs: tuple[Capability, ...] = ()) -> None:
        self.name, self.tries, self.otherwise, self.needs = name, tries, otherwise, needs
        self.found: bool | None = None
        self._probe: Probe = bool

    def probe(self, probe: Probe) -> Probe:
        """Register the function that tries the capability. It returns whether all is as in Keras."""
        self._probe = probe
        return probe

    @property
    def works(self) -> bool:
        """Whether the capability works in this Keras."""
        if self.found is None:
            seed = random.getstate()  # from which Keras draws the seeds of the user's layers
            try:
                self.found = True  # for the calls that the probe makes
                self.found = all(one.works for one in self.needs) and self._probe()
            except Exception:  # noqa: BLE001  anything may be missing or different
                self.found = False
            except BaseException:  # an interrupt does not mean that the capability fails
                self.found = None
                raise
            finally:
                random.setstate(seed)
        return self.found


SCRATCH = Capability(
    "scratch",
    tries="make the same layer twice in `scratch`: names and seeds are the same both times",
    otherwise="trial layers get real weights, and automatic names count them",
)
WEIGHT_LISTS = Capability(
    "weight lists",
    tries="read the two weight lists of a layer: together they are `weights`",
    otherwise="`weights` is read; the memory that freezing saves is unknown",
)
INNER_LAYERS = Capability(
    "inner layers",
    tries="list the layers in the attributes of a layer, and the layers of a Sequential with its Input",
    otherwise="the attributes are searched for layers",
)
GRAPH = Capability(
    "graph",
    tries="read and run a graph with a branch and a layer that is called twice",
    otherwise="the layers of a Sequential are tried one by one; a Functional model is listed without shapes",
)
TRACKING = Capability(
    "tracking",
    tries="replace the last layer of a Sequential: Keras tracks the same layers as after `pop` and `add`",
    otherwise="Keras's `pop` and `add` change the layers",
)
QUICK_EDITS = Capability(
    "quick edits",
    tries="append a layer, remove it and put it back: layers, weights, shapes and config as after Keras's edits",
    otherwise="Keras's `add` and `pop` do every edit, and call all layers again",
    needs=(TRACKING,),
)
LAYER_STATE = Capability(
    "layer state",
    tries="build a layer and restore it: it is as if new, and can be built again",
    otherwise="a copy of the layer is tried, made from its config; a refused layer stays as Keras leaves it",
    needs=(TRACKING,),
)
RESTORE = Capability(
    "restore",
    tries="restore a model after a layer was refused: the same layers, graph, calls and tracked layers as before",
    otherwise="Keras's `pop` and `add` restore the layers, and build the model again",
    needs=(LAYER_STATE,),
)
SAVING = Capability(
    "saving",
    tries="serialize and pickle a live model: the result is that of a keras.Sequential",
    otherwise="a live model has its Keras class while it is saved; inside another model, seqwidget's class is saved",
)
COMPILE_ARGUMENTS = Capability(
    "compile arguments",
    tries="read what a model was compiled with, and compile another with it: the same objects and config",
    otherwise="the arguments are made from the public `get_compile_config`",
)
OPTIMIZER_SLOTS = Capability(
    "optimizer slots",
    tries="find the variables of an optimizer by weight: with the scalars, they are all of `variables`",
    otherwise="`recompile` keeps the step count and the learning rate, and says that the slots are lost",
)
HELD_VALUES = Capability(
    "held values",
    tries="hold a tensor read from a TensorFlow variable: an update moves the variable, and the tensor keeps its values",
    otherwise="all weights are read to find out whether one has changed",
)

CAPABILITIES = (
    SCRATCH,
    WEIGHT_LISTS,
    INNER_LAYERS,
    GRAPH,
    TRACKING,
    QUICK_EDITS,
    LAYER_STATE,
    RESTORE,
    SAVING,
    COMPILE_ARGUMENTS,
    OPTIMIZER_SLOTS,
    HELD_VALUES,
)
