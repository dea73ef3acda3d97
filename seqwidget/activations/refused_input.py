"""Write the errors for inputs that a model cannot take."""

from __future__ import annotations

from collections.abc import Iterable

from ..checks import attribute, describe
from ..errors import InputError
from ..model.records import Shape


def refused(shape: Shape | None, received: str, remedy: str) -> InputError:
    """Return the error for an input that does not fit a model, with what it takes and what to do."""
    # A model that was built by a call on data has the batch size of the data in its shape, but
    # takes any number of samples.
    takes = f"a batch of shape {words((None, *shape[1:]))}" if shape else "a batch of numbers"
    return InputError(f"expected {takes}, received {received}; {remedy}.")


def words(shape: Iterable[int | None]) -> str:
    """Return a shape as text."""
    sizes = ["None" if size is None else str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def no_array(x: object, shape: Shape | None, kinds: Iterable[type] = ()) -> InputError:
    """Return the error for what cannot be converted to an array, with the types inside it."""
    mixed = sorted(kind.__name__ for kind in kinds)
    inside = f", which contains values of type {', '.join(mixed[:3])}" if mixed else ""
    dense = next((f"call .{name}() on it" for name in ("to_tensor", "toarray", "todense") if attribute(x, name)), None)
    plain = "pass numbers only" if mixed else "pass an array, an image or a data set"
    if isinstance(x, dict):
        plain = f"pass the value that is the input of the stack (keys: {', '.join(map(describe, list(x)[:5]))})"
    elif isinstance(x, list):
        plain = "pass lists of one length each, or an array"
    elif any(cls.__module__.startswith("torch.utils.data") for cls in type(x).__mro__):
        plain = "pass torch.utils.data.DataLoader(…, batch_size=32) of it"
    return refused(shape, f"{describe(x)}{inside}", dense or plain)
