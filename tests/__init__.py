"""What must be set before TensorFlow is imported, for every test and script in here and for what they start."""

import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
os.environ.pop("COLUMNS", None)  # no output may depend on a terminal's width
