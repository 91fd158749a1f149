"""etch's random numbers in numpy, whole arrays at a time: initial values, dropout masks and
shuffles are the same as those of include/etch/base/philox.hpp and its users."""

import numpy as np

INITIAL_VALUE, DROPOUT, SHUFFLE = range(3)  # etch::Purpose
STDDEV_AFTER_CUT = np.float32(0.87962566)

MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL = 0x9E3779B9, 0xBB67AE85
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def blocks(seed, purpose, place, step, block, sequence):
    """Philox4x32-10 of the counters (block, sequence, purpose and place, step), arrays that
    broadcast: their shape with an axis of four words added."""
    shape = np.broadcast_shapes(np.shape(block), np.shape(sequence))
    c = [np.broadcast_to(np.asarray(x, np.uint64), shape)
         for x in (block, sequence, purpose << 24 | place, step)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p0, p1 = MULTIPLIERS[0] * c[0], MULTIPLIERS[1] * c[2]
        c = [p1 >> HALF ^ c[1] ^ np.uint64(key[0]), p1 & LOW,
             p0 >> HALF ^ c[3] ^ np.uint64(key[1]), p0 & LOW]
        key = [(k + w) & 0xFFFFFFFF for k, w in zip(key, WEYL)]
    return np.stack(c, axis=-1).astype(np.uint32)


def uniform(words):
    """The upper 24 bits of words as float32 in [0, 1)."""
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0 ** -24)


def truncated_normal(seed, place, count):
    """`count` standard normal numbers cut off at two deviations. float32 where etch has float32,
    so that no angle is rounded otherwise; the functions in float64, for libraries differ."""
    values = np.empty(count, np.float32)
    left, redraw = np.arange(count), 0
    while left.size:
        u = uniform(blocks(seed, INITIAL_VALUE, place, 0, left, redraw))
        log = np.log(1 - u[:, 0].astype(np.float64)).astype(np.float32)
        radius = np.sqrt(np.float32(-2) * log)
        angle = (np.float32(2 * np.pi) * u[:, 1]).astype(np.float64)
        pair = [radius * f(angle).astype(np.float32) for f in (np.cos, np.sin)]
        z = np.where(np.abs(pair[0]) <= 2, *pair)
        good = np.abs(z) <= 2
        values[left[good]] = z[good]
        left, redraw = left[~good], redraw + 1
    return values


def dropout_mask(seed, layer, step, rate, rows, size):
    """What dropout multiplies `rows` samples of `size` with: 0, or 1 / (1 - rate)."""
    first = np.arange((size + 3) // 4)
    words = blocks(seed, DROPOUT, layer, step, first, np.arange(rows)[:, None])
    kept = uniform(words.reshape(rows, -1)[:, :size]) >= np.float32(rate)
    return kept * (np.float32(1) / (np.float32(1) - np.float32(rate)))


def shuffled(count, seed):
    """0, 1, ... count - 1 as etch::shuffle leaves them (Fisher and Yates, Lemire's bound)."""
    numbers = np.arange(count + 1)
    words = np.take_along_axis(blocks(seed, SHUFFLE, 0, 0, numbers // 4, 0),
                               numbers[:, None] % 4, axis=1)[:, 0]
    order = list(range(count))
    for n in range(count, 1, -1):
        j = n * int(words[n]) >> 32
        order[n - 1], order[j] = order[j], order[n - 1]
    return order
