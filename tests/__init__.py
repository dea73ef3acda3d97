"""Set environment variables that TensorFlow and JAX read at import, for all tests and scripts here and their processes."""

import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"  # for the tests of `keras.distribution`
os.environ.pop("COLUMNS", None)  # no output may depend on the width of the terminal
