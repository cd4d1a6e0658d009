"""Stands where PyTorch would: sacroml names it at import, and no model that the export desk accepts is made of it.

Whatever is asked of it beyond a name fails, so that no figure can come from here. A real torch, if installed, wins.
"""

import sys
import types


class Absent:
    """A class that nothing is an instance of and nobody can make."""

    def __init__(self, *_: object, **__: object) -> None:
        msg = "PyTorch is not in this image: models made of it can't be attacked here"
        raise NotImplementedError(msg)


def _absent(*_: object, **__: object) -> None:
    Absent()


def _module(name: str, **names: object) -> types.ModuleType:
    made = types.ModuleType(f"{__name__}.{name}")
    vars(made).update(names)
    sys.modules[made.__name__] = made
    return made


Tensor = device = Absent
cuda = _module("cuda")
nn = _module("nn", Module=Absent, Linear=Absent, functional=_module("nn.functional", softmax=_absent))
utils = _module("utils", data=_module("utils.data", DataLoader=Absent, Dataset=Absent, TensorDataset=Absent))
