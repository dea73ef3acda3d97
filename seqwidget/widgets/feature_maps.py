"""The feature-map viewer: each layer's output for a batch of samples."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Generator, Sequence
from typing import Any

import IPython
import keras
import traitlets

from ..activations.cache import LIMIT, Activations
from ..activations.extractor import build
from ..activations.layer_uses import facts_of, layer_uses
from ..activations.model_inputs import samples_for
from ..checks import byte_count, flag, names, whole_number
from ..editing.events import EpochEnded, Event, FitProgressed, subscribe
from ..i18n.messages import Text, message
from ..inspection.inspect import inspect
from ..model.fingerprint import Fingerprint
from ..model.session import part
from ..render.colormaps import COLORMAPS, table
from ..render.diagram import Diagram, diagram
from ..render.files import written
from ..training.run_history import RunHistory
from . import schema
from .base import could_not_read, open_of
from .epoch_maps import Allowance
from .export import StaticMaps
from .handlers import OUTDATED, Answers, GoneError
from .health import ReplacedError
from .idle import soon
from .map_choices import MapChoices
from .records import Point
from .requests import Answer, Handler, RequestData, Steps
from .show import each_cell, each_cell_no_more, show, stand_in
from .traits import Sentence, fact, sentences

# The most multiply-adds of an automatic refresh, which then takes a fraction of a second. If the
# cost of a model is not known, it counts as too high.
_CHEAP = 2e9
_AFTER = 0.2  # seconds after an answer until the model is checked
_NEWER = message("a newer request took its place")
_BUILT = message("the model was not built yet; it has been built for this input, as its first call would have done")


class FeatureMaps(MapChoices):
    """A live viewer of each layer's output for your samples.

    Layers run in inference mode, and the model is not changed, except that an unbuilt
    ``keras.Sequential`` is built. If the model's input fixes the batch size, the model runs on
    whole batches, and each batch starts from the model's current state.

    The viewer follows the model. After an edit or a training step, the maps are refreshed if that is cheap; otherwise
    they are marked as outdated. On TensorFlow, earlier values of changed weights stay in the CPU's memory until then.
    While ``fit`` of a watched model runs, or one with a `seqwidget.TrainingCallback`, small maps of the shown layer are
    kept after its epochs, at most 20 and 8 MB, and a slider goes back to them. This takes at most a hundredth of the
    time of ``fit``, after the first 0.1 seconds, so maps of short epochs may be left out.

    Parameters
    ----------
    model : keras.Model
        A ``keras.Sequential`` or a Functional model. An unbuilt ``keras.Sequential`` is built for
        ``x``.
    x : array, tensor, image, path or dataset
        The samples, of shape ``(samples, ...)`` as the model's input, or one sample without the
        batch axis. An array or tensor of any library; a PIL image, the path of an image, or a list
        of these, which are resized to the model's input; a ``tf.data.Dataset``, a
        ``keras.utils.PyDataset`` or another iterable of batches. For a model with several inputs, a
        list with one of these for each input, a dict of them by name, or a data set of such batches.
        The health of channels can also be analysed over the whole data set, batch by batch.
    samples : int
        The largest number of samples to show. The first ones are taken.
    classes : list of str, optional
        The names of the classes, used for outputs with one number per class.
    training : bool
        Whether to run the layers in training mode: dropout is active, and batch normalization uses
        the statistics of the batch.
    memory : int
        Bytes of layer outputs to cache. The oldest outputs are dropped first. While a layer is computed and drawn, more
        memory is used for a short time: about seven times its output, and earlier outputs of a Functional model.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model, or if its layers cannot be separated: it has a custom ``call``.
    InputError
        If ``x`` does not fit the model.
    ArgumentError
        If another argument has the wrong type.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> viewer = seqwidget.FeatureMaps(model, np.zeros((2, 8, 8, 3)))
    >>> viewer.layer
    'conv'
    >>> viewer.close()
    """

    waits_for_cells = True
    _print = Fingerprint((), ())
    component = traitlets.Unicode("feature_maps").tag(sync=True)

    name = traitlets.Unicode().tag(**fact(str))
    points: traitlets.List[dict[str, Any]] = traitlets.List().tag(**sentences(list[Point]))
    diagram = traitlets.Dict().tag(**fact(Diagram))
    colors = traitlets.Bytes().tag(sync=True)
    samples = traitlets.Int().tag(**fact(int))
    # Whether the samples are from a data set, and whether it is being analysed for any page.
    dataset = traitlets.Bool().tag(**fact(bool))
    analysing = traitlets.Bool().tag(**fact(bool))
    classes: traitlets.List[str] = traitlets.List(traitlets.Unicode()).tag(**fact(list[str]))
    notes: traitlets.List[Text] = traitlets.List(Sentence()).tag(**sentences(list[str]))
    state = traitlets.Int(1).tag(**fact(int))
    """The number of the model's current state. It increases when the viewer sees a change."""
    changed = Sentence().tag(**sentences(str))
    automatic = traitlets.Bool(True).tag(**fact(bool))
    error = Sentence().tag(**sentences(str))

    def __init__(
        self,
        model: keras.Model,
        x: object,
        *,
        samples: int = 64,
        classes: Sequence[str] = (),
        training: bool = False,
        memory: int = LIMIT,
    ) -> None:
        facts = facts_of(model)
        samples, memory = whole_number("samples", samples), byte_count("memory", memory)
        classes, training = names("classes", classes), flag("training", training)
        taken = samples_for(model, x, samples=samples)
        built = build(model, taken.samples.array.shape[1:])
        self._model, self._batch, self._dataset = model, taken.samples, taken.dataset
        self._training, self._memory, self._unchecked, self._checks_later = training, memory, False, False
        self._answers: Answers
        self._allowance = Allowance()
        super().__init__(
            colors=b"".join(table(name).tobytes() for name in COLORMAPS),
            samples=len(taken.samples),
            dataset=taken.dataset is not None,
            classes=classes,
            notes=[
                *taken.notes,
                *([_BUILT] if built else []),
                *([message("layers run in training mode")] if training else []),
                *(
                    message("{layer} returns several tensors: the first one is shown", layer=row.path)
                    for row in facts.rows
                    if row.output_shape and isinstance(row.output_shape[0], tuple)
                ),
            ],
        )
        self._read()
        self._print = Fingerprint.of(model)
        self.layer = self._answers.first
        self.serve({name: self._now(name) for name in self._answers.handlers})
        self._unsubscribe = subscribe(model, self._hear)
        each_cell(refresh_all)

    def _hear(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            self._allowance.spend(lambda: self._follow(event.epoch + 1))
        elif not isinstance(event, FitProgressed):  # sent several times a second; the maps follow each epoch
            self._home.call(self.refresh)

    def _follow(self, epoch: int) -> None:
        """Keep the maps at the end of an epoch, in the thread of ``fit``, and refresh the viewer."""
        activations = Activations(self._model, self._answers.places, self._batch, training=self._training, limit=0)
        history = part(self._model, RunHistory)
        run = history.count if history.current is not None else 0
        self._keep_epoch(Answers(activations, self.state), run, epoch)
        self._home.call(self.refresh)

    def refresh(self) -> None:
        """Check whether the model has changed, and if so, read it again and update the viewer."""
        self._unchecked = self._checks_later = False
        try:
            now = Fingerprint.of(self._model, self._print)
            if now == self._print:
                return
            layers_changed, self._print = now.layers != self._print.layers, now
            self.stop(GoneError(message("the model has changed")), lambda one: one["ask"] == "health")
            self.stop(GoneError(OUTDATED))
            with self.hold_sync():
                self.state += 1
                if layers_changed:
                    self._forget_epochs()
                self.changed = message("its layers were changed") if layers_changed else message("its weights were changed")
                self._read()
            self.error = ""
        except Exception as error:  # noqa: BLE001  a view shows its error; it must not stop a cell
            self.error = could_not_read(error)

    def _read(self) -> None:
        sizes = self._batch.sizes
        facts = inspect(self._model, input_shape=sizes[0] if len(sizes) == 1 else sizes)
        here = layer_uses(self._model, facts)
        activations = Activations(self._model, here, self._batch, training=self._training, limit=self._memory)
        self._answers = Answers(activations, self.state, self._dataset)
        self.name = self._model.name
        self.automatic = sum(math.inf if row.macs is None else row.macs for row in facts.rows if row.depth == 0) <= _CHEAP
        self._facts = facts
        self._translate_again()
        self.points = self._answers.points()
        if self.layer not in here and self.layer not in self._answers.inputs:
            self.layer = self.points[-1]["path"]

    def _translate_again(self) -> None:
        self.diagram = diagram(self._facts).to_dict(self.language)

    def _settable(self) -> dict[str, schema.Check]:
        there = {"layer": schema.one_of({point["path"] for point in self.points}), "sample": schema.whole(0, self.samples - 1)}
        return {**self._choices, **there}

    def _now(self, name: str) -> Handler:
        """Return the handler of a request. Only ``maps`` and ``health`` may show a newer state."""

        def answer(ask: RequestData) -> Answer | Steps:
            if name in ("maps", "health"):
                self._check()
            if name == "maps":
                kept = ask["layer"], ask["sample"]
                self.stop(
                    ReplacedError(_NEWER),
                    lambda one: one["ask"] == "maps" and (one["layer"], one["sample"]) != kept,
                )
            if name == "health":
                of = ask.get("dataset", False)
                self.stop(ReplacedError(_NEWER), lambda one: one["ask"] == "health" and one.get("dataset", False) == of)
            answer = self._answers.handlers[name](ask)
            return self._analyse(answer) if isinstance(answer, Generator) and ask.get("dataset") else answer

        return answer

    def _analyse(self, steps: Steps) -> Steps:
        """Analyse the data set, then check whether the model has changed during the analysis."""
        self.analysing = True
        try:
            return (yield from steps)
        finally:
            self.analysing = False
            self._check_later()

    def _check(self) -> None:
        """Check whether the model has changed: before an answer if a cell ran, otherwise after it.

        If no cell ran, only a thread or a callback can have changed it: the answer need not wait.
        """
        if self._unchecked or IPython.get_ipython() is None:
            self.refresh()
        else:
            self._check_later()

    def _check_later(self) -> None:
        if not self._checks_later:
            self._checks_later = True
            soon(self._check_now, _AFTER)

    def look_soon(self) -> None:
        """Refresh the viewer when the kernel is idle, or at the next request from the page."""
        self._unchecked = True
        soon(self._check_now)

    def _check_now(self) -> None:
        if (self._unchecked or self._checks_later) and self.comm is not None:
            self.refresh()

    @property
    def _static(self) -> StaticMaps:
        self.refresh()
        return StaticMaps(self, self._answers)

    def to_png(self, path: str | pathlib.Path | None = None) -> bytes:
        """Draw the first page of the grid with the selected layer, sample, colours and order.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A file to write the PNG to.

        Returns
        -------
        bytes
            The PNG.

        Raises
        ------
        ArgumentError
            If ``path`` is not a path.
        CannotWriteError
            If the file cannot be written.
        """
        return written(self._static.png(), path, ".png")

    def to_html(self, *, page: bool = False) -> str:
        """Return the grid and a table of the layers as HTML that needs no kernel.

        Parameters
        ----------
        page : bool
            Whether to return a complete page. By default, return a fragment to embed in a page.

        Returns
        -------
        str
            The HTML.
        """
        return self._static.html(page=page)

    def show(self) -> None:
        """Show the viewer below the running cell; in a terminal, print the plain table."""
        show(self)

    def close(self) -> None:
        """Remove the viewer from all places where it is shown, and stop following the model."""
        getattr(self, "_unsubscribe", lambda: None)()
        self._print = self._print.released()
        super().close()

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, object], dict[str, object]] | None:
        found = super()._repr_mimebundle_(**kwargs)
        if found is None:
            return None
        data, metadata = found
        static = self._static.bundle()
        return {**data, **static, "text/html": stand_in(static["text/html"], self.number)}, metadata

    def __repr__(self) -> str:
        return self._static.text()


def refresh_all(_result: object = None) -> None:
    """Refresh every open viewer when the kernel is idle."""
    for maps in open_of(FeatureMaps):
        maps.look_soon()


def close_all() -> None:
    """Close every viewer."""
    for maps in open_of(FeatureMaps):
        maps.close()
    each_cell_no_more(refresh_all)
