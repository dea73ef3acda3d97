"""Rules for kernels, pools and croppings that are larger than their input."""

from __future__ import annotations

from typing import Any

from ...i18n.messages import N_, Text, joined, message
from ...model.windows import spatial, window
from ..context import RefusedAdd, unwrapped
from ..fixes import windows
from .finding import Finding


def window_too_large(refused: RefusedAdd) -> Finding | None:
    """Check for a kernel or pool that is larger than its input."""
    arithmetic = excess(refused)
    if arithmetic is None:
        return None
    view = window(unwrapped(refused.layer))
    size = "×".join(map(str, view.kernel))  # type: ignore[union-attr]
    gaps = {"size": _dilated(view, size), "came": "×".join(map(str, windows.space(refused))), "shape": refused.shape}
    cause = (
        message("its pool of {size} is larger than the input of {came}: {shape}.", **gaps)
        if _pools(refused)
        else message("its kernel of {size} is larger than the input of {came}: {shape}.", **gaps)
    )
    return Finding(cause, arithmetic, windows.for_window(refused))


def _dilated(view: Any, size: str) -> Text:
    if max(view.dilation) == 1:
        return size
    reach = "×".join(str((k - 1) * d + 1) for k, d in zip(view.kernel, view.dilation, strict=True))
    return message("{size} (dilated to {reach})", size=size, reach=reach)


def excess(refused: RefusedAdd) -> Text | None:
    """Return the output size calculation for the first axis on which the window does not fit.

    Return None if it fits along every axis, if the layer has no window, or if its padding is not
    ``"valid"``.
    """
    view = window(unwrapped(refused.layer))
    if view is None or view.up or view.padding != "valid" or len(windows.space(refused)) != len(view.kernel):
        return None
    for size, kernel, stride, dilation in zip(windows.space(refused), view.kernel, view.strides, view.dilation, strict=True):
        reach = (kernel - 1) * dilation + 1
        if size is not None and size < reach:
            on = "×".join(map(str, windows.space(refused)))
            sizes = "×".join(map(str, view.kernel))
            if "×" in sizes:
                what = N_("{sizes} pool on {on}") if _pools(refused) else N_("{sizes} kernel on {on}")
            else:
                what = N_("a pool of {sizes} on {on}") if _pools(refused) else N_("a kernel of {sizes} on {on}")
            view_ = message(what, sizes=sizes, on=on)
            if dilation > 1:
                sum_ = f"({kernel} − 1) · {dilation} + 1 = {reach}"
                view_ = message("{what}, dilated to {sum}", what=view_, sum=sum_)
            return joined(": ", (view_, f"({size} − {reach}) / {stride} + 1 < 1"))
    return None


def _pools(refused: RefusedAdd) -> bool:
    return hasattr(unwrapped(refused.layer), "pool_size")


def crops_everything(refused: RefusedAdd) -> Finding | None:
    """Check for a cropping that leaves nothing."""
    if not refused.name.startswith("Cropping"):
        return None
    layer = refused.layer
    cuts = (layer.cropping,) if refused.name.endswith("1D") else layer.cropping
    sizes = spatial(refused.shape, getattr(layer, "data_format", None))
    for (start, end), size in zip(cuts, sizes, strict=True):
        if size is not None and start + end >= size:
            return Finding(
                message(
                    "it crops {start} + {end} positions from an axis of size {size}: {shape}.",
                    start=start,
                    end=end,
                    size=size,
                    shape=refused.shape,
                ),
                f"{size} − {start} − {end} = {size - start - end} < 1".replace("-", "−"),
                windows.for_cropping(refused, sizes),
            )
    return None
