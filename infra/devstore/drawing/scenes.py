"""The scenes of the brand's photographs: the good ones it sells with, and the dull ones it began with."""

from __future__ import annotations

from functools import partial

from infra.devstore.drawing import backdrops as b
from infra.devstore.drawing.light import Light
from infra.devstore.drawing.photo import Scene

SUN = Light(132, 0.66, key=(1.07, 0.99, 0.87), fill=(0.93, 0.97, 1.06), height=0.66)
COSY = Light(150, 0.52, key=(1.05, 0.98, 0.89), fill=(1.0, 0.97, 0.94), height=0.66)
STUDIO = Light(118, 0.58, key=(1.0, 0.995, 0.98), fill=(0.98, 0.99, 1.02), height=0.68)
EVENING = Light(40, 0.68, key=(1.06, 0.98, 0.90), fill=(0.94, 0.96, 1.06), height=0.60)
DULL = Light(100, 0.34, key=(0.99, 1.0, 1.0), fill=(0.99, 1.0, 1.01), height=0.78)
WINDOW = Light(165, 0.46, key=(1.0, 1.0, 0.98), fill=(0.98, 0.99, 1.02), height=0.70)

SCENES: dict[str, Scene] = {
    # summer: warm walls, palms and panes
    "sunlit wall": Scene(partial(b.plaster, "#ecd3b8"), SUN, b.leaves, distance=34, shadow=0.55, hung=True),
    "terracotta": Scene(partial(b.plaster, "#c98d6b"), SUN, b.window, distance=36, shadow=0.55, hung=True),
    "arch": Scene(partial(b.arch, "#efe0cd", "#dda883"), SUN, b.leaves, distance=34, shadow=0.5),
    "seaside": Scene(b.seaside, SUN, distance=0, shadow=0.0, exposure=1.02),
    "sunlit linen": Scene(
        partial(b.linen, "#efe5d4"), SUN, b.leaves, distance=16, shadow=0.6, flat=0.7, tilt=-3
    ),
    # winter: wool, clay, low lamp light
    "wool throw": Scene(partial(b.knit_throw, "#d9cbb8"), COSY, distance=18, shadow=0.6, flat=0.8, tilt=2),
    "oat throw": Scene(partial(b.knit_throw, "#b89a7c"), COSY, distance=18, shadow=0.6, flat=0.8, tilt=-2),
    "clay wall": Scene(partial(b.plaster, "#c6a58e"), COSY, distance=30, shadow=0.5, hung=True),
    "warm oak": Scene(partial(b.wood, "#c19a6e"), COSY, distance=18, shadow=0.6, flat=0.85),
    # evening and all year: the studio
    "blush sweep": Scene(partial(b.sweep, "#ecd5cc"), EVENING, distance=40, shadow=0.34),
    "sage sweep": Scene(partial(b.sweep, "#cfd6c4"), STUDIO, distance=38, shadow=0.34),
    "sky sweep": Scene(partial(b.sweep, "#cfdbe4"), STUDIO, distance=38, shadow=0.34),
    "sand sweep": Scene(partial(b.sweep, "#e6dac8"), STUDIO, distance=38, shadow=0.34),
    "plum niche": Scene(partial(b.arch, "#c9b3ad", "#8f6a69"), EVENING, distance=34, shadow=0.5),
    "concrete": Scene(partial(b.concrete, "#b9b6b0"), STUDIO, b.window, distance=30, shadow=0.5, hung=True),
    # what was at hand
    "grey carpet": Scene(
        partial(b.carpet, "#8f8c88"),
        DULL,
        distance=8,
        shadow=0.5,
        flat=0.4,
        tilt=4,
        exposure=0.82,
        contrast=0.0,
    ),
    "dim wall": Scene(
        partial(b.table, "#b5b1aa"),
        DULL,
        distance=12,
        shadow=0.4,
        flat=0.6,
        exposure=0.80,
        contrast=0.0,
        hung=True,
    ),
    "laminate": Scene(
        partial(b.wood, "#a98f74", planks=6, upright=False),
        DULL,
        distance=8,
        shadow=0.5,
        flat=0.4,
        tilt=-5,
        exposure=0.84,
        contrast=0.0,
    ),
    "old sheet": Scene(
        partial(b.sheet, "#c9c7cb"),
        DULL,
        distance=8,
        shadow=0.5,
        flat=0.4,
        tilt=3,
        exposure=0.86,
        contrast=0.0,
    ),
    # a new listing's own photo: tidy, plain, by a window
    "white table": Scene(
        partial(b.table, "#e4e1da"), WINDOW, distance=9, shadow=0.5, flat=0.55, tilt=-1.5, contrast=0.06
    ),
    "bed linen": Scene(
        partial(b.sheet, "#a3abb8"), WINDOW, distance=9, shadow=0.5, flat=0.55, tilt=2, contrast=0.06
    ),
    "pale floor": Scene(
        partial(b.wood, "#d9d6d2", planks=3), WINDOW, distance=9, shadow=0.5, flat=0.55, contrast=0.06
    ),
    "plain paper": Scene(
        partial(b.table, "#dbdad8"), WINDOW, distance=9, shadow=0.5, flat=0.55, tilt=1, contrast=0.06
    ),
}
