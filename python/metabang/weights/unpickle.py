"""A pickle reader that can build nothing but dictionaries of tensors.

A pickle is a program: it may name any function of any module and call it. This reader resolves the few names
that a PyTorch state dict needs, to classes of our own, and refuses every other name before anything is called.
"""

import collections
import pickle

from metabang.weights.errors import WeightsError
from metabang.weights.tensor import STORAGES, Storage, TensorView


def _tensor(storage, offset, shape, strides, requires_grad=False, hooks=None, metadata=None) -> TensorView:
    if not isinstance(storage, Storage):
        raise WeightsError("a tensor without a storage, so the file is damaged")
    return TensorView(storage, offset, tuple(shape), tuple(strides))


def _parameter(data, requires_grad=False, hooks=None) -> TensorView:
    if not isinstance(data, TensorView):
        raise WeightsError("a parameter without a tensor, so the file is damaged")
    return data


class _StorageType:
    """Stands for ``torch.FloatStorage`` and its kind; carries the dtype and cannot be called."""

    def __init__(self, dtype: str):
        self.dtype = dtype


_ALLOWED = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): _StorageType(dtype) for name, dtype in STORAGES.items()},
}


class TensorUnpickler(pickle.Unpickler):
    """Reads one pickle of tensors from ``file``. ``storages`` collects the storages it names, by key."""

    def __init__(self, file, storages: dict[str, Storage]):
        super().__init__(file, encoding="utf-8")
        self.storages = storages

    def find_class(self, module: str, name: str):
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise WeightsError(
                f"the file asks to call {module}.{name}, which a state dict does not need, so it was not loaded; "
                "save the weights with torch.save(model.state_dict(), FILE) or as .safetensors"
            ) from None

    def persistent_load(self, pid) -> Storage:
        match pid:
            case ("storage", _StorageType() as kind, str() as key, _, int() as count, *_) if 0 <= count < 1 << 48:
                known = self.storages.setdefault(key, Storage(key, kind.dtype, count))
                if (known.dtype, known.count) != (kind.dtype, count):
                    raise WeightsError(f"storage {key} is described twice, differently, so the file is damaged")
                return known
        raise WeightsError("a reference that is no storage, so the file is damaged")


def read_pickle(file, storages: dict[str, Storage] | None = None):
    """Reads the pickle at ``file``'s position.

    Raises:
        WeightsError: it names anything but tensors, or is truncated or damaged.
    """
    try:
        return TensorUnpickler(file, {} if storages is None else storages).load()
    except WeightsError:
        raise
    except EOFError:
        raise WeightsError("it ends in the middle of its table of tensors, so it is truncated") from None
    except Exception as error:  # a damaged pickle may raise anything: ValueError, KeyError, AttributeError, ...
        reason = "truncated" if "truncated" in str(error) else "damaged"
        raise WeightsError(f"its table of tensors cannot be read, so it is {reason}") from None
