"""The inner loop of the bound: fill each row's mass with its cheapest columns (numba).

With reduced costs r_j = d_ij - v_j, column masses nu_j and a row's mass 1/k:

    least cost = max over y of  y / k + sum_j nu_j min(r_j - y, 0)

whose maximiser y, the *threshold*, is the reduced cost of the last column taken, as a whole or in part.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from goracs_core.types import Float32Array, FloatArray, IndexArray

# Up to so many columns per row a short sorted buffer beats sorting.
_SHORT = 128
_CHUNK = 64
_PARTS = 8
# Large fills look at every so many columns first, to learn which ones are worth sorting.
_STRIDE = 8
_ROUNDING = 1.0 - 1e-12


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nnan", "nsz", "contract"})
def _reduce(distance, prices, reduced):
    for j in range(len(prices)):
        reduced[j] = distance[j] - prices[j]


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nnan", "nsz", "contract"})
def _smallest_of(values, start, stop):
    least = values[start]
    for j in range(start, stop):
        least = min(least, values[j])
    return least


@nb.njit(cache=True, nogil=True)
def _fill_short(reduced, masses, capacity, limit, kept, kept_mass):
    """(least cost, threshold) by a sorted buffer of the columns taken.

    The threshold is NaN when the buffer is too short, or the columns up to `limit` do not fill the row.
    """
    size, total = 0, 0.0
    last = np.float32(limit)
    for start in range(0, len(reduced), _CHUNK):
        stop = min(start + _CHUNK, len(reduced))
        if _smallest_of(reduced, start, stop) > last:
            continue
        for j in range(start, stop):
            value = reduced[j]
            if value > last or (value == last and total >= capacity * _ROUNDING):
                continue
            if size == len(kept):
                return 0.0, np.float32(np.nan)
            position = size
            while position > 0 and kept[position - 1] > value:
                kept[position], kept_mass[position] = kept[position - 1], kept_mass[position - 1]
                position -= 1
            kept[position], kept_mass[position] = value, masses[j]
            size += 1
            total += masses[j]
            while total - kept_mass[size - 1] >= capacity * _ROUNDING:
                size -= 1
                total -= kept_mass[size]
            if total >= capacity * _ROUNDING:
                last = kept[size - 1]
    if total < capacity * _ROUNDING and size < len(reduced):
        return 0.0, np.float32(np.nan)
    return _cost_of(kept, kept_mass, size, capacity), kept[size - 1]


@nb.njit(cache=True, nogil=True)
def _cost_of(values, masses, size, capacity):
    """Cost of filling `capacity` from sorted columns, the last one in part."""
    cost, left = 0.0, capacity
    for position in range(size):
        amount = min(masses[position], left)
        cost += amount * values[position]
        left -= amount
    return cost + max(left, 0.0) * values[size - 1]


@nb.njit(cache=True, nogil=True)
def _fill_long(reduced, masses, capacity):
    """(least cost, threshold) by sorting the columns that a sample says are worth it."""
    m = len(reduced)
    limit = np.float32(np.inf)
    if m >= 64 * _STRIDE:
        sample = reduced[::_STRIDE].copy()
        order = np.argsort(sample)
        total, wanted = 0.0, 1.2 * capacity + 8.0 * _STRIDE / m
        for position in order:
            total += masses[position * _STRIDE] * _STRIDE
            if total >= wanted:
                limit = sample[position]
                break
    kept = np.empty(m, np.float32)
    where = np.empty(m, np.int64)
    size = 0
    for _ in range(2):
        size, total = 0, 0.0
        for j in range(m):
            if reduced[j] <= limit:
                kept[size], where[size] = reduced[j], j
                size += 1
                total += masses[j]
        if total >= capacity * _ROUNDING or size == m:
            break
        limit = np.float32(np.inf)  # the sample was misleading: take all
    order = np.argsort(kept[:size])
    cost, left = 0.0, capacity
    threshold = kept[order[0]]
    for position in order:
        amount = min(masses[where[position]], left)
        threshold = kept[position]
        cost += amount * threshold
        left -= amount
        if left <= capacity * 1e-12:
            break
    return cost + max(left, 0.0) * threshold, threshold


@nb.njit(cache=True, nogil=True, parallel=True)
def fill_rows(
    distance: Float32Array,
    prices: Float32Array,
    masses: FloatArray,
    capacity: float,
    limits: Float32Array,
    costs: FloatArray,
    thresholds: Float32Array,
) -> None:
    """Least cost of filling each row, and its threshold.

    Args:
        distance: Scaled distances; shape [rows, m].
        prices: Shape [m].
        masses: Column masses nu; shape [m].
        capacity: Mass of a row, 1/k.
        limits: A value that the threshold of each row is thought not to exceed; infinite when unknown. A wrong one
            costs time only; shape [rows].
        costs: Written; shape [rows].
        thresholds: Written; shape [rows].
    """
    rows, m = distance.shape
    short = capacity * m <= 0.8 * _SHORT  # with very unequal masses it may still overflow
    for i in nb.prange(rows):
        reduced = np.empty(m, np.float32)
        _reduce(distance[i], prices, reduced)
        threshold = np.float32(np.nan)
        cost = 0.0
        if short:
            kept, kept_mass = np.empty(_SHORT + 1, np.float32), np.empty(_SHORT + 1)
            cost, threshold = _fill_short(reduced, masses, capacity, limits[np.intp(i)], kept, kept_mass)
        if np.isnan(threshold):
            cost, threshold = _fill_long(reduced, masses, capacity)
        costs[i], thresholds[i] = cost, threshold


@nb.njit(cache=True, nogil=True, parallel=True)
def fill_load(
    distance: Float32Array,
    prices: Float32Array,
    masses: IndexArray,
    capacity: int,
    thresholds: Float32Array,
    rows: IndexArray,
) -> IndexArray:
    """Mass in whole units that the given rows together put on each column; shape [m]. Ties go to the earlier column.

    Whole units, because sums of floats depend on the order of the rows and on the threads.
    """
    m = distance.shape[1]
    part = np.zeros((_PARTS, m), np.int64)
    for number in nb.prange(_PARTS):
        load = part[number]
        reduced = np.empty(m, np.float32)
        ties = np.empty(m, np.int64)
        for position in range(number * len(rows) // _PARTS, (number + 1) * len(rows) // _PARTS):
            i = rows[position]
            threshold, left, tied = thresholds[i], capacity, 0
            _reduce(distance[i], prices, reduced)
            for start in range(0, m, _CHUNK):
                stop = min(start + _CHUNK, m)
                if _smallest_of(reduced, start, stop) > threshold:
                    continue
                for j in range(start, stop):
                    if reduced[j] < threshold:
                        load[j] += masses[j]
                        left -= masses[j]
                    elif reduced[j] == threshold:
                        ties[tied] = j
                        tied += 1
            for place in range(tied):
                if left <= 0:
                    break
                j = ties[place]
                amount = min(masses[j], left)
                load[j] += amount
                left -= amount
    return part.sum(axis=0)


@nb.njit(cache=True, nogil=True, parallel=True, fastmath={"reassoc", "nnan", "nsz", "contract"})
def distances_from_products(
    products: Float32Array, row_norms: Float32Array, column_norms: Float32Array, scale: float
) -> None:
    """Turn inner products into scaled distances, in place.

    Args:
        products: x_i . y_j; shape [rows, m]; overwritten by |x_i - y_j| / scale.
        row_norms: |x_i|^2; shape [rows].
        column_norms: |y_j|^2; shape [m].
        scale: max(d) of the problem.
    """
    rows, m = products.shape
    factor = np.float32(1.0 / (scale * scale))
    two, zero = np.float32(2.0), np.float32(0.0)
    for i in nb.prange(rows):
        norm = row_norms[np.intp(i)]
        for j in range(m):
            products[i, j] = np.sqrt(max((norm + column_norms[j] - two * products[i, j]) * factor, zero))
