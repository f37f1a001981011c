"""What each product of the demo catalog looks like: a cut, a cloth, and the scene it was photographed in."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from infra.devstore.drawing.curves import F32
from infra.devstore.drawing.fabrics import Fabric, Weave
from infra.devstore.drawing.garments import (
    bags,
    coats,
    dresses,
    jackets,
    knits,
    shirts,
    skirts,
    tops,
    trousers,
)
from infra.devstore.drawing.photo import photograph
from infra.devstore.drawing.scenes import SCENES
from infra.devstore.drawing.stage import HEIGHT, WIDTH, Stage


@dataclass(frozen=True)
class Look:
    """A scene, the room that the garment takes (cm from its origin: up, down, across) and how it is drawn."""

    scene: str
    room: tuple[float, float, float]
    draw: Callable[[Stage], None]

    def stage(self, sway: tuple[float, float]) -> Stage:
        """A stage on which the garment fills the frame with a margin around it."""
        scene = SCENES[self.scene]
        up, down, across = self.room
        scale = min(0.82 * HEIGHT / (up + down), 0.86 * WIDTH / across)
        rest = HEIGHT - scale * (up + down)
        top = max(rest * 0.48 + scale * up, scale * 16.5 if scene.hung else 0.0)
        return Stage(scale, (WIDTH / 2, top), scene.light, scene.flat, sway, scene.hung)


def render(product_id: str) -> F32:
    """The photograph of a product: (1200, 900, 3), display values 0..1, red first; the same on every run."""
    look = LOOKS[product_id]
    rng = np.random.default_rng(zlib.crc32(product_id.encode()))
    a, b = rng.uniform(0, 6.28, 2)
    stage = look.stage((float(a), float(b)))
    look.draw(stage)
    return photograph(SCENES[look.scene], stage, rng)


def _dress(scene: str, fabric: Fabric, **cut: Any) -> Look:
    length = float(cut.get("length", 118.0))
    return Look(scene, (1, length + 3, 76), partial(dresses.summer_dress, fabric=fabric, **cut))


def _knit(scene: str, fabric: Fabric, **cut: Any) -> Look:
    return Look(
        scene, (9 if cut.get("neck") == "roll" else 2, 68, 70), partial(knits.sweater, fabric=fabric, **cut)
    )


def _bag(scene: str, draw: Callable[[Stage], None]) -> Look:
    return Look(scene, (27, 36, 46), draw)


def _satin(color: str) -> Fabric:
    return Fabric(color, sheen=0.9)


def _wool(color: str, weave: Weave = "stockinette") -> Fabric:
    return Fabric(color, weave, fuzz=0.4)


LINEN = Fabric("#efe7d8", "linen")
DENIM = Fabric("#475f82", "twill", "marl", ("#637b9c",), print_size=0.6)
KNIT_DRESS, SKIRT, TROUSERS = (9.0, 118.0, 74.0), (1.0, 81.0, 74.0), (1.0, 105.0, 64.0)

LOOKS: dict[str, Look] = {
    "LH101": _dress(
        "sunlit wall",
        Fabric("#f6ecd8", printed="floral", ink=("#d2603c", "#e39a56", "#6a8352"), print_size=1.25),
        neck="v",
    ),
    "LH102": _dress(
        "seaside", Fabric("#c4d8e4", "linen"), neck="square", sleeves="none", straps=True, tiers=3, length=122
    ),
    "LH103": _dress(
        "arch",
        Fabric("#f4ddd2", printed="floral", ink=("#c9607a", "#e2a17c", "#7d8f5f")),
        neck="square",
        tiers=4,
        length=124,
    ),
    "LH104": _dress("sunlit linen", LINEN, neck="square", sleeves="puff", buttons="#c9b08c", length=112),
    "LH105": Look("oat throw", KNIT_DRESS, partial(knits.knit_dress, fabric=_wool("#c4ad8b", "rib"))),
    "LH106": Look(
        "clay wall",
        KNIT_DRESS,
        partial(knits.knit_dress, fabric=_wool("#6e2f38", "rib"), neck="crew", length=108),
    ),
    "LH107": _dress(
        "sage sweep",
        Fabric("#f7f3e6", printed="gingham", ink=("#6f9167",)),
        neck="square",
        sleeves="puff",
        length=106,
    ),
    "LH108": _dress(
        "grey carpet",
        Fabric("#efece4", printed="breton", ink=("#2a3654",)),
        neck="boat",
        sleeves="none",
        length=96,
        hem=30.0,
    ),
    "LH109": _dress(
        "sky sweep",
        Fabric("#27304e", printed="dots", ink=("#f3ecdc",)),
        sleeves="long",
        belt=True,
        length=112,
    ),
    "LH110": Look("blush sweep", (6, 114, 60), partial(tops.slip_dress, fabric=_satin("#d2bd9b"))),
    "LH111": _dress("dim wall", Fabric("#2a292c"), neck="round", sleeves="long", tiers=3, length=110),
    "LH201": _knit("wool throw", _wool("#efe4cf", "cable")),
    "LH202": Look("clay wall", (2, 68, 70), partial(knits.cardigan, fabric=_wool("#c9b79c"))),
    "LH203": _knit("warm oak", _wool("#4a5a4c", "wide rib"), neck="roll"),
    "LH204": _knit("sand sweep", Fabric("#f2ecdf", "stockinette", "breton", ("#27345a",), fuzz=0.3)),
    "LH205": Look(
        "wool throw",
        (2, 68, 70),
        partial(knits.cardigan, fabric=Fabric("#e2b6ae", "boucle", fuzz=0.9), buttons="#f3e6d8"),
    ),
    "LH206": _knit("sky sweep", _wool("#7a2b36"), neck="v"),
    "LH207": _knit("old sheet", Fabric("#9b9b9c", "stockinette", "marl", ("#6d6e72",), fuzz=0.3)),
    "LH208": _knit("laminate", _wool("#b58d3e", "rib"), neck="roll"),
    "LH301": Look("plum niche", (8, 64, 48), partial(tops.cowl_top, fabric=_satin("#d8c4a6"), thin=True)),
    "LH302": Look("sunlit wall", (4, 75, 69), partial(shirts.shirt, fabric=Fabric("#f6f2e8", "linen"))),
    "LH303": Look(
        "blush sweep",
        (4, 75, 69),
        partial(shirts.shirt, fabric=Fabric("#a3b19d", sheen=0.55), pocket=False, soft=True),
    ),
    "LH304": Look(
        "sunlit linen",
        (4, 75, 69),
        partial(shirts.shirt, fabric=Fabric("#f4f4f0", printed="stripes", ink=("#6f93bf",), print_size=0.8)),
    ),
    "LH305": Look("blush sweep", (1, 62, 50), partial(tops.cowl_top, fabric=_satin("#2b2a2e"))),
    "LH306": Look(
        "sand sweep",
        (2, 64, 66),
        partial(shirts.tee, fabric=Fabric("#f3efe4", printed="breton", ink=("#a33b34",)), long=True),
    ),
    "LH307": Look(
        "laminate",
        (1, 61, 66),
        partial(
            tops.peasant,
            fabric=Fabric("#efe6ee", printed="floral", ink=("#7f6bb0", "#b58fc0", "#6d8a64"), print_size=0.8),
        ),
    ),
    "LH308": Look("grey carpet", (2, 64, 66), partial(shirts.tee, fabric=Fabric("#8f9a8a"), neck="v")),
    "LH401": Look(
        "concrete", (4, 118, 82), partial(coats.coat, fabric=Fabric("#c6b08f", "twill"), trench=True)
    ),
    "LH402": Look(
        "clay wall", (4, 118, 82), partial(coats.coat, fabric=Fabric("#a98259", fuzz=0.6), double=False)
    ),
    "LH403": Look("warm oak", (4, 67, 70), partial(jackets.denim_jacket, fabric=DENIM)),
    "LH404": Look(
        "plum niche",
        (1, 59, 66),
        partial(
            jackets.boucle_jacket,
            fabric=Fabric("#f0e7d8", "boucle", fuzz=0.4),
            trim=Fabric("#2b2b33", "rib", size=0.5),
        ),
    ),
    "LH405": Look(
        "old sheet",
        (4, 74, 74),
        partial(coats.blazer, fabric=Fabric("#8b8378", printed="windowpane", ink=("#d8d0c2", "#4c453e"))),
    ),
    "LH501": Look(
        "blush sweep", SKIRT, partial(skirts.skirt_alone, fabric=_satin("#c2a25c"), kind="pleated")
    ),
    "LH502": Look(
        "sky sweep",
        SKIRT,
        partial(skirts.skirt_alone, fabric=Fabric("#d9a7a6"), kind="tulle", band=_satin("#c98f92")),
    ),
    "LH503": Look(
        "sage sweep", SKIRT, partial(skirts.skirt_alone, fabric=_satin("#6d7145"), kind="slip", hem=27.0)
    ),
    "LH504": Look(
        "grey carpet",
        (1, 62, 62),
        partial(
            skirts.skirt_alone,
            fabric=replace(DENIM, color="#6a7d98", ink=("#8394ab",)),
            length=58.0,
            hem=29.0,
        ),
    ),
    "LH505": Look(
        "dim wall",
        SKIRT,
        partial(
            skirts.skirt_alone,
            fabric=Fabric("#e9e0cc", printed="floral", ink=("#4f6ea3", "#8aa4c4", "#7b8f6a")),
        ),
    ),
    "LH601": Look(
        "terracotta", TROUSERS, partial(trousers.trousers, fabric=Fabric("#dccbab", "linen"), tie=True)
    ),
    "LH602": Look(
        "concrete",
        TROUSERS,
        partial(trousers.trousers, fabric=Fabric("#7f8086", "twill"), hem=12.5, pleats=True),
    ),
    "LH603": Look(
        "sand sweep",
        TROUSERS,
        partial(
            trousers.trousers,
            fabric=replace(DENIM, color="#33486b", ink=("#4a6084",)),
            hem=10.5,
            jeans=True,
            button="#b0703c",
        ),
    ),
    "LH604": Look(
        "laminate",
        TROUSERS,
        partial(trousers.trousers, fabric=Fabric("#8f5638", "rib", fuzz=0.3, size=0.7), hem=11.5),
    ),
    "LH701": _bag(
        "seaside", partial(bags.tote, fabric=Fabric("#cda868", "wicker"), handle=Fabric("#8a5a34", sheen=0.4))
    ),
    "LH702": _bag("sunlit wall", partial(bags.crescent, leather=Fabric("#a4683a", sheen=0.5))),
    "LH703": _bag(
        "old sheet",
        partial(
            bags.tote, fabric=Fabric("#e6ddca", "linen"), handle=Fabric("#2f3b57", "twill"), thread="#2f3b57"
        ),
    ),
    "LH704": _bag(
        "concrete", partial(bags.bucket, leather=Fabric("#2c2928", sheen=0.7), cord=Fabric("#c9a583"))
    ),
    "NEW1": Look(
        "white table",
        (2, 117, 84),
        partial(knits.cardigan_and_skirt, fabric=_wool("#6c8db0"), net=Fabric("#93969c")),
    ),
    "NEW2": _dress(
        "bed linen",
        Fabric("#cfe0bd", printed="floral", ink=("#f3efe0", "#e2a6a0", "#6f8f5c")),
        tiers=4,
        length=124,
    ),
    "NEW3": Look(
        "pale floor", KNIT_DRESS, partial(knits.knit_dress, fabric=_wool("#b08d63", "rib"), spread=20.0)
    ),
    "NEW4": Look(
        "plain paper",
        (1, 84, 56),
        partial(tops.cowl_top, fabric=Fabric("#4b4d52", sheen=0.3), length=82, hem=27.0),
    ),
}
