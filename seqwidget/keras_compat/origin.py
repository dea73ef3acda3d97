"""Find out whether Keras itself defines a class or a function, by the name of its module.

Keras is not imported for this.
"""

from __future__ import annotations

SEQUENTIAL = ("keras.src.models.sequential", "Sequential")
"""The module and the class name of ``keras.Sequential``."""


def is_from_keras(thing: object, *subpackages: str) -> bool:
    """Return whether Keras itself defines a class or a function.

    With ``subpackages``, such as ``"layers"``, return whether one of them defines it.
    """
    home = getattr(thing, "__module__", None)
    return isinstance(home, str) and home.startswith(tuple(f"keras.src.{name}." for name in subpackages) or "keras.src.")


def is_model_of_any_keras(thing: object) -> bool:
    """Return whether an object is a Keras model, even of a Keras other than the imported one.

    After ``keras.config.set_backend`` there are two: models of one are not models for the other.
    Keras 2 is a third, the package tf_keras.
    """
    return any(
        cls.__name__ == "Model" and cls.__module__.startswith(("keras.src.", "tf_keras.")) for cls in type(thing).__mro__
    )
