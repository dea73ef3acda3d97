"""Common mistakes with shapes: windows, axes, sizes, channels and groups."""

from __future__ import annotations

from keras import layers

from .mistake import IMAGE, Mistake, bare, used

L = layers
MISTAKES_OF_SHAPE: list[Mistake] = [
    # windows larger than the input
    Mistake(
        "conv on 3x3",
        IMAGE,
        lambda: [L.Conv2D(4, 3), L.MaxPooling2D(2)],
        lambda: L.Conv2D(4, 5),
        "kernel of 5×5",
        "padding",
        sum="(3 − 5) / 1 + 1 < 1",
    ),
    Mistake(
        "pool on 2x2",
        IMAGE,
        lambda: [L.MaxPooling2D(4)],
        lambda: L.MaxPooling2D(3),
        "pool of 3×3",
        "pool_size=2",
        sum="3×3 pool on 2×2: (2 − 3) / 3 + 1 < 1",
    ),
    Mistake(
        "average pool", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.AveragePooling2D(3), "pool of 3×3", "remove the earlier"
    ),
    Mistake(
        "pool 1D",
        (8, 3),
        lambda: [L.MaxPooling1D(4)],
        lambda: L.MaxPooling1D(3),
        "pool of 3",
        "padding",
        sum="a pool of 3 on 2",
    ),
    Mistake("pool 3D", (4, 4, 4, 1), lambda: [L.MaxPooling3D(4)], lambda: L.MaxPooling3D(2), "pool of 2×2×2", "input shape to"),
    Mistake("depthwise", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.DepthwiseConv2D(3), "kernel of 3×3", "kernel_size=2"),
    Mistake("separable", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.SeparableConv2D(4, 3), "kernel of 3×3", "padding"),
    Mistake(
        "dilated",
        IMAGE,
        bare,
        lambda: L.Conv2D(4, 3, dilation_rate=4),
        "dilated to 9×9",
        "dilation_rate=1",
        sum="(3 − 1) · 4 + 1 = 9",
    ),
    Mistake("conv 1D", (4, 3), bare, lambda: L.Conv1D(4, 7), "kernel of 7", "the input shape to (7, 3)"),
    Mistake("conv 3D", (4, 4, 4, 3), bare, lambda: L.Conv3D(4, 5), "kernel of 5×5×5", "kernel_size=4"),
    Mistake(
        "one pool too many",
        (28, 28, 1),
        lambda: [L.Conv2D(4, 3), *(L.MaxPooling2D(2) for _ in range(4))],
        lambda: L.MaxPooling2D(2),
        "pool of 2×2",
        "remove the earlier",
    ),
    Mistake(
        "pool after global pool with kept axes",
        IMAGE,
        lambda: [L.GlobalAveragePooling2D(keepdims=True)],
        lambda: L.MaxPooling2D(2),
        "pool of 2×2",
        "leave it out",
    ),
    Mistake("cropping", IMAGE, bare, lambda: L.Cropping2D(4), "crops 4 + 4", "cropping=3", sum="8 − 4 − 4 = 0 < 1"),
    Mistake("cropping 1D", (6, 3), bare, lambda: L.Cropping1D(4), "crops 4 + 4", "cropping=2", sum="6 − 4 − 4 = −2 < 1"),
    Mistake("time-distributed conv", (5, 4, 4, 3), bare, lambda: L.TimeDistributed(L.Conv2D(2, 5)), "kernel of 5×5", "padding"),
    # too many axes, too few axes
    Mistake("conv on flat", IMAGE, lambda: [L.Flatten()], lambda: L.Conv2D(4, 3), "needs 4 axes", "remove the earlier flatten"),
    Mistake("conv on grey images", (28, 28), bare, lambda: L.Conv2D(4, 3), "has 3 axes", "the input shape to (28, 28, 1)"),
    Mistake("conv on 784", (784,), bare, lambda: L.Conv2D(4, 3), "has 2 axes", "(28, 28, 1)"),
    Mistake("conv 1D on flat", (16,), bare, lambda: L.Conv1D(4, 3), "batch, steps, channels", "Reshape to (16, 1)"),
    Mistake("conv 1D on images", IMAGE, bare, lambda: L.Conv1D(4, 3), "has 4 axes", "use Conv2D"),
    Mistake("conv 2D on sequences", (20, 4), bare, lambda: L.Conv2D(4, 3), "has 3 axes", "use Conv1D"),
    Mistake("conv 3D on images", IMAGE, bare, lambda: L.Conv3D(4, 3), "needs 5 axes", "use Conv2D"),
    Mistake(
        "transposed conv on flat", (16,), lambda: [L.Dense(196)], lambda: L.Conv2DTranspose(4, 3), "needs 4 axes", "(7, 7, 4)"
    ),
    Mistake(
        "LSTM on images", IMAGE, lambda: [L.Conv2D(4, 3)], lambda: L.LSTM(4), "batch, steps, features", "Reshape to (36, 4)"
    ),
    Mistake("LSTM on vectors", (16,), lambda: [L.Dense(4)], lambda: L.LSTM(4), "needs 3 axes", "RepeatVector"),
    Mistake(
        "GRU on an LSTM's last step",
        (5, 3),
        lambda: [L.LSTM(4)],
        lambda: L.GRU(3),
        "with enough axes was lstm",
        "return_sequences=True",
    ),
    Mistake(
        "Bidirectional on Bidirectional",
        (5, 3),
        lambda: [L.Bidirectional(L.LSTM(4))],
        lambda: L.Bidirectional(L.GRU(3)),
        "Bidirectional of GRU needs 3 axes",
        "return_sequences=True",
    ),
    Mistake(
        "LSTM behind Flatten", (5, 3), lambda: [L.Flatten()], lambda: L.LSTM(3), "was flatten", "remove the earlier flatten"
    ),
    Mistake("RNN of cells on vectors", (5,), bare, lambda: L.RNN(L.LSTMCell(3)), "needs 3 axes", "Reshape to (5, 1)"),
    Mistake(
        "pool after global pool",
        IMAGE,
        lambda: [L.GlobalAveragePooling2D()],
        lambda: L.MaxPooling2D(2),
        "with enough axes was global",
        "leave it",
    ),
    Mistake("global pool after Flatten", IMAGE, lambda: [L.Flatten()], L.GlobalAveragePooling2D, "has 2 axes", "flatten"),
    Mistake("global pool 1D on vectors", (8,), bare, L.GlobalAveragePooling1D, "needs 3 axes", "Reshape to (8, 1)"),
    Mistake("global pool 1D on images", IMAGE, bare, L.GlobalMaxPooling1D, "needs 3 axes", "use GlobalMaxPooling2D"),
    Mistake("Permute of images", IMAGE, bare, lambda: L.Permute((2, 1)), "the 2 axes that it permutes", "dims=(2, 1, 3)"),
    Mistake("RepeatVector on sequences", (5, 4), bare, lambda: L.RepeatVector(3), "(batch, features)", "Flatten"),
    Mistake(
        "RepeatVector on a whole LSTM",
        (5, 4),
        lambda: [L.LSTM(3, return_sequences=True)],
        lambda: L.RepeatVector(3),
        "has 3 axes",
        "return_sequences=False",
    ),
    Mistake(
        "ZeroPadding on flat", IMAGE, lambda: [L.Flatten()], lambda: L.ZeroPadding2D(1), "needs 4 axes", "remove the earlier"
    ),
    Mistake("ZeroPadding1D on images", IMAGE, bare, lambda: L.ZeroPadding1D(1), "needs 3 axes", "use ZeroPadding2D"),
    Mistake("UpSampling on vectors", (16,), bare, lambda: L.UpSampling2D(2), "needs 4 axes", "Reshape to (4, 4, 1)"),
    Mistake("SpatialDropout on vectors", (5,), bare, lambda: L.SpatialDropout2D(0.1), "needs 4 axes", "use Dropout"),
    Mistake(
        "TimeDistributed on vectors", (16,), bare, lambda: L.TimeDistributed(L.Dense(3)), "batch, time", "the Dense itself"
    ),
    Mistake(
        "TimeDistributed conv on images",
        IMAGE,
        bare,
        lambda: L.TimeDistributed(L.Conv2D(3, 3)),
        "needs 5 axes",
        "Conv2D itself",
    ),
    Mistake("ConvLSTM on images", IMAGE, bare, lambda: L.ConvLSTM2D(3, 3), "batch, time, height, width", "use Conv2D"),
    Mistake(
        "ConvLSTM on 2x2",
        (4, 2, 2, 3),
        bare,
        lambda: L.ConvLSTM2D(4, 3),
        "kernel of 3×3",
        "the input shape to (4, 3, 3, 3)",
        sum="3×3 kernel on 2×2",
    ),
    Mistake("crop on vectors", (6,), bare, lambda: L.CenterCrop(3, 3), "batch, height, width", "Reshape to (1, 1, 6)"),
    Mistake("einsum", (5,), bare, lambda: L.EinsumDense("abc,cd->abd", (None, 7)), "needs 3 axes (a, b, c)", "Reshape"),
    Mistake("Dense on a scalar", (), bare, lambda: L.Dense(3), "has 1 axis", "Reshape to (1,)"),
    Mistake("wrapped conv on a vector", (5,), bare, lambda: L.SpectralNormalization(L.Conv2D(3, 3)), "needs 4 axes"),
    # sizes, channels, groups
    Mistake(
        "groups", IMAGE, bare, lambda: L.Conv2D(4, 3, groups=2), "2 equal groups", "groups=1", sum="3 channels / 2 groups = 1.5"
    ),
    Mistake(
        "groups after conv",
        IMAGE,
        lambda: [L.Conv2D(6, 3)],
        lambda: L.Conv2D(8, 3, groups=4),
        "4 equal groups",
        "filters=8",
    ),
    Mistake("group norm of few channels", IMAGE, bare, L.GroupNormalization, "32 equal groups", "groups=3"),
    Mistake("group norm", (8, 8, 32), bare, lambda: L.GroupNormalization(5), "5 equal groups", "groups=4", sum="= 6.4"),
    Mistake(
        "used Dense",
        (5,),
        lambda: [L.Dense(6)],
        lambda: used(L.Dense(3), 1, 4),
        "channels (features) must be 4",
        "create a new layer",
        sum="6 ≠ 4",
    ),
    Mistake(
        "used conv",
        IMAGE,
        bare,
        lambda: used(L.Conv2D(3, 3), 1, 8, 8, 1),
        "channels (features) must be 1",
        "the input shape to (8, 8, 1)",
    ),
    Mistake(
        "used norm",
        IMAGE,
        bare,
        lambda: used(L.BatchNormalization(), 1, 8, 8, 1),
        "channels (features) must be 1",
        "create a new layer",
    ),
    Mistake(
        "Reshape",
        (10,),
        lambda: [L.Dense(12)],
        lambda: L.Reshape((5, 5)),
        "has 25, but the input has 12",
        "units=25",
        sum="5 · 5 = 25 ≠ 12",
    ),
    Mistake(
        "Reshape with -1",
        (10,),
        lambda: [L.Dense(12)],
        lambda: L.Reshape((-1, 5)),
        "multiple of 5",
        "(3, 4)",
        sum="12 / 5 = 2.4",
    ),
    Mistake("Reshape with the batch", IMAGE, bare, lambda: L.Reshape((32, 8, 8, 3)), "has 6144", "target_shape=(8, 8, 3)"),
    Mistake("Reshape of an input", (100,), bare, lambda: L.Reshape((28, 28, 1)), "has 784", "the input shape to (28, 28, 1)"),
    Mistake("features not fixed", (5, None), bare, lambda: L.Dense(3), "axis 2 of the input has none", "input shape to (5, 3)"),
    Mistake(
        "Flatten of any size",
        (None, None, 3),
        lambda: [L.Flatten()],
        lambda: L.Dense(3),
        "needs a fixed size",
        "GlobalAveragePooling2D",
    ),
    Mistake("channels not fixed", (8, 8, None), bare, lambda: L.Conv2D(3, 3), "axis 3 of the input has none", "(8, 8, 3)"),
    Mistake("BatchNormalization axis", IMAGE, bare, lambda: L.BatchNormalization(axis=5), "axis 5 does not exist", "axis=-1"),
    Mistake(
        "BatchNormalization over time", (None, 4), bare, lambda: L.BatchNormalization(axis=1), "axis 1 of the input", "axis=-1"
    ),
    Mistake("LayerNormalization axis", (5, 4), bare, lambda: L.LayerNormalization(axis=3), "axis 3 does not exist", "axis=-1"),
    Mistake("Normalization axis", (5, 3), bare, lambda: L.Normalization(axis=3), "axis 3 does not exist", "axis=-1"),
    Mistake(
        "PReLU shared axes", (5,), bare, lambda: L.PReLU(shared_axes=[3]), "shared_axes 3 does not exist", "shared_axes=[1]"
    ),
    Mistake(
        "TimeDistributed conv on a sequence",
        (8, 3),
        bare,
        lambda: L.TimeDistributed(L.Conv2D(3, 2)),
        "needs 5 axes",
        "Reshape to (1, 8, 3, 1)",
    ),
]
