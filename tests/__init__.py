"""Set environment variables that TensorFlow reads at import, for all tests and scripts here and the processes they start."""

import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
os.environ.pop("COLUMNS", None)  # no output may depend on the width of the terminal
