"""Training adapters: rows checked before anything is loaded, TRL and PEFT underneath.

Nothing here loads torch before a model is needed: the preflight works with the tokenizer alone.
"""

from rmnctl.training.config import TRAIN_SCHEMA, Method, Source, TrainConfig, load_train
from rmnctl.training.faults import Fault, as_error
from rmnctl.training.preflight import PREFLIGHT_SCHEMA, Preflight, preflight
from rmnctl.training.training import Trained, train

__all__ = [
    "PREFLIGHT_SCHEMA",
    "TRAIN_SCHEMA",
    "Fault",
    "Method",
    "Preflight",
    "Source",
    "TrainConfig",
    "Trained",
    "as_error",
    "load_train",
    "preflight",
    "train",
]
