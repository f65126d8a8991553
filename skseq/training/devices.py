"""Where a fit computes: on a device, or on those that accelerate shares."""

import torch

from ..extras import import_extra
from .net import Net

ACCELERATE = "accelerate"
"""The device name that means those configured in Hugging Face's accelerate."""


def device_of(name):
    """Return the device that a name stands for.

    Raises
    ------
    ImportError
        If accelerate is asked for and not installed.
    """
    device = torch.device(_accelerator().device if name == ACCELERATE else name)
    return torch.device("cpu") if device.type == "cpu" else device  # it has no number


def accelerated():
    """Return a class of nets that share the work, and the part of this process.

    Returns
    -------
    cls : type
        To be called like :class:`Net`.
    part : tuple of int
        Number of this process, and the number of processes.
    """
    from skorch.hf import AccelerateMixin
    from skorch.utils import noop

    accelerator = _accelerator()

    class AcceleratedNet(AccelerateMixin, Net):
        """Each process trains on its part of a batch; all know the mean loss."""

        def __init__(self, *args, **kwargs):
            # Told nothing, the mixin prints each epoch, whether asked to or not.
            kwargs["callbacks__print_log__sink"] = noop
            del kwargs["callbacks__print_log"]
            super().__init__(*args, accelerator=accelerator, **kwargs)

        def train_step_single(self, batch, **fit_params):
            step = super().train_step_single(batch, **fit_params)
            step["loss"] = accelerator.reduce(step["loss"].detach(), "mean")
            return step

        def evaluation_step(self, batch, training=False):
            # Each process validates on all windows.
            return Net.evaluation_step(self, batch, training)

    return AcceleratedNet, (accelerator.process_index, accelerator.num_processes)


def seed_of_first(seed):
    """Return the seed of the first process, which all get after :func:`accelerated`."""
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([seed])[0]


def _accelerator():
    needs = f"device={ACCELERATE!r} needs Hugging Face's accelerate"
    accelerate = import_extra("accelerate", "accelerate", needs)

    class NetAccelerator(accelerate.Accelerator):
        def prepare_model(self, model, **kwargs):
            if next(model.parameters(), None) is None:
                return model  # a loss has nothing to share
            return super().prepare_model(model, **kwargs)

    # Values are placed on its device as on any other: by skorch.
    return NetAccelerator(device_placement=False)
