"""The demo's data, made by a formula: what a small powder diffraction beamline might serve.

=========== ====================================== =====================
container   holds                                  seen by
=========== ====================================== =====================
public      calibration (images, a table), current everybody
staff       flat field, shift schedule             who has signed in
alice, bob  one scan each (images, a table)        its owner
=========== ====================================== =====================

Does no access control: a node only says in its metadata for whom it is (see `access`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from tiled.adapters.array import ArrayAdapter
from tiled.adapters.mapping import MapAdapter
from tiled.adapters.table import TableAdapter

FRAMES, ROWS, COLUMNS = 20, 128, 128
WAVELENGTH = 0.1665  # angstrom
DETECTOR_DISTANCE = 0.5  # metre
PIXEL = 0.0012  # metre
MILLER_INDICES = ((1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 0, 0), (2, 1, 0), (2, 1, 1), (2, 2, 0), (3, 0, 0), (3, 1, 0))


def peaks(lattice: float) -> pd.DataFrame:
    """List the powder lines of a primitive cubic crystal.

    Parameters
    ----------
    lattice : float
        Lattice parameter in angstrom.
    """
    hkl = np.array(MILLER_INDICES)
    spacing = lattice / np.sqrt((hkl**2).sum(axis=1))
    return pd.DataFrame(
        {
            "h": hkl[:, 0],
            "k": hkl[:, 1],
            "l": hkl[:, 2],
            "d_spacing": spacing.round(5),
            "two_theta": np.degrees(2 * np.arcsin(WAVELENGTH / (2 * spacing))).round(4),
        }
    )


def rings(lattice: float, *, seed: int, expansion: float = 0.0) -> np.ndarray[Any, Any]:
    """Draw Debye-Scherrer rings, one frame after another.

    Parameters
    ----------
    lattice : float
        Lattice parameter of the first frame in angstrom.
    seed : int
        Makes the counting noise the same at every start.
    expansion : float
        By which part the lattice grows from the first frame to the last, as in a heating experiment.
    """
    y, x = np.mgrid[:ROWS, :COLUMNS]
    radius = PIXEL * np.hypot(y - ROWS / 2 + 0.5, x - COLUMNS / 2 + 0.5)
    two_theta = np.degrees(np.arctan(radius / DETECTOR_DISTANCE))
    noise = np.random.default_rng(seed)
    stack = np.empty((FRAMES, ROWS, COLUMNS), dtype=np.uint16)
    for frame in range(FRAMES):
        expected = 40 * np.exp(-two_theta / 8) + 4
        lines = peaks(lattice * (1 + expansion * frame / (FRAMES - 1)))["two_theta"]
        for order, line in enumerate(lines):
            expected += 220 / (1 + order) * np.exp(-(((two_theta - line) / 0.12) ** 2))
        stack[frame] = noise.poisson(expected)
    return stack


def scan(owner: str, sample: str, lattice: float, seed: int) -> MapAdapter[Any]:
    """Make one heating scan: an image stack and the readings taken with it.

    Parameters
    ----------
    owner, sample : str
        Whose scan, of what.
    lattice : float
        Lattice parameter at room temperature, in angstrom.
    seed : int
        Of the noise.
    """
    images = rings(lattice, seed=seed, expansion=0.04)
    readings = pd.DataFrame(
        {
            "frame": np.arange(FRAMES),
            "temperature": np.linspace(295.0, 895.0, FRAMES).round(1),
            "exposure": np.full(FRAMES, 0.5),
            "total_counts": images.sum(axis=(1, 2), dtype=np.int64),
        }
    )
    return MapAdapter(
        {
            "images": ArrayAdapter.from_array(
                images,
                chunks=((5,) * (FRAMES // 5), (ROWS,), (COLUMNS,)),
                dims=("frame", "y", "x"),
                metadata={"detector": "demo area detector", "pixel_size_mm": PIXEL * 1e3, "unit": "counts"},
            ),
            "readings": TableAdapter.from_pandas(readings, metadata={"units": {"temperature": "K", "exposure": "s"}}),
        },
        metadata={
            "sample": {"name": sample, "lattice_parameter_angstrom": lattice},
            "plan": "heating scan",
            "owner": owner,
            "wavelength_angstrom": WAVELENGTH,
            "detector_distance_mm": DETECTOR_DISTANCE * 1e3,
        },
    )


def tree() -> MapAdapter[Any]:
    """Return the root container of the demo server."""
    current = 400 + np.random.default_rng(7).normal(0, 0.4, 480).round(2)
    flat_field = np.random.default_rng(8).normal(1, 0.02, (ROWS, COLUMNS)).round(4)
    calibration = MapAdapter(
        {
            "images": ArrayAdapter.from_array(
                rings(4.1569, seed=6),
                chunks=((5,) * (FRAMES // 5), (ROWS,), (COLUMNS,)),
                dims=("frame", "y", "x"),
                metadata={"detector": "demo area detector", "unit": "counts"},
            ),
            "peaks": TableAdapter.from_pandas(peaks(4.1569), metadata={"units": {"two_theta": "degree"}}),
        },
        metadata={"sample": {"name": "LaB6", "lattice_parameter_angstrom": 4.1569}, "purpose": "calibration"},
    )
    schedule = pd.DataFrame({"day": ["Monday", "Tuesday", "Wednesday"], "on_shift": ["alice", "bob", "alice"]})
    return MapAdapter(
        {
            "public": MapAdapter(
                {
                    "calibration": calibration,
                    "ring_current": ArrayAdapter.from_array(current, metadata={"unit": "mA", "every_minutes": 3}),
                },
                metadata={"title": "Everybody may read this", "access_tag": "public"},
            ),
            "staff": MapAdapter(
                {
                    "flat_field": ArrayAdapter.from_array(flat_field, metadata={"taken_before": "first user run"}),
                    "schedule": TableAdapter.from_pandas(schedule),
                },
                metadata={"title": "Everybody who has signed in may read this", "access_tag": "staff"},
            ),
            "alice": MapAdapter(
                {"heating_scan": scan("alice", "CsCl", 4.123, seed=1)},
                metadata={"title": "Only alice may read this", "access_tag": "user:alice"},
            ),
            "bob": MapAdapter(
                {"heating_scan": scan("bob", "SrTiO3", 3.905, seed=2)},
                metadata={"title": "Only bob may read this", "access_tag": "user:bob"},
            ),
        },
        metadata={"facility": "tiled_jupyter demo", "beamline": "powder diffraction"},
    )
