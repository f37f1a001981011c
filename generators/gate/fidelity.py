"""Is the product in the picture, whole, and in its own colours?"""

from __future__ import annotations

import numpy as np

from generators.gate.palette import Floats, difference, name, palette
from generators.gate.placement import by_frame, by_landmarks, by_outline
from generators.gate.scene import Alike, alike
from generators.gate.seen import Seen, seen
from generators.gate.views import View
from infra.model import Check

COMPOSITED = ("cut-out", "framed", "white")
"""Ways of making a picture without a model: of the photo's own pixels, on this machine."""
OWN_PIXELS = (*COMPOSITED, "composited")
"""Ways that keep the photo's pixels: those must be found again, a likeness is not enough."""
WAYS = by_landmarks, by_outline, by_frame
FOUND_LIMIT = 0.45
"""Least share of the product that reappears. The mask is rough and may hold a third of background; of another
product hardly anything is found."""
CUT_OFF_LIMIT = 0.08
"""Most of the product that the image's edge may cut away; a hem's breadth."""
CUT_THROUGH_LIMIT = 0.5
"""Most of a repainted product's height or width along which the image's edge may cut."""
LIKE_LIMIT = 0.45
"""Least likeness of a region in a scene painted anew."""
COLOUR_LIMIT = 11.0
"""CIE94 (textiles). Warm and cool light move a colour by up to 9; from 12 on a shopper names another one."""
CUT_OFF = "the image's edge cuts off part of the product"
MAIN_SHARE = 0.15
"""Share of the product from which a colour is one of its main ones."""


def evidence(photo: View, image: View, method: str) -> Seen | Alike | None:
    """Where the product is in the image: found again pixel by pixel, or at least alike."""
    again = seen(photo, image, WAYS)
    if method in OWN_PIXELS or (again and again.found >= FOUND_LIMIT):
        return again
    return alike(photo, image) or again


def check_product(where: Seen | Alike | None) -> Check:
    """Whether the product is there and whole."""
    if isinstance(where, Alike):
        if where.likeness >= LIKE_LIMIT and where.cut_off > CUT_THROUGH_LIMIT:
            return Check(False, where.cut_off, CUT_THROUGH_LIMIT, CUT_OFF)
        there = where.likeness >= LIKE_LIMIT
        note = "" if there else "nothing in the image looks like the product"
        return Check(there, where.likeness, LIKE_LIMIT, note)
    if where is None or where.found < FOUND_LIMIT:
        return Check(False, where.found if where else 0.0, FOUND_LIMIT, "the product is not in the image")
    if where.cut_off > CUT_OFF_LIMIT:
        return Check(False, where.cut_off, CUT_OFF_LIMIT, CUT_OFF)
    return Check(True, where.found, FOUND_LIMIT)


def check_colour(where: Seen | Alike | None) -> Check:
    """Whether the product's main colours are true: the largest difference of any of them."""
    if where is None:
        return Check(False, None, COLOUR_LIMIT, "the product was not found, nor can its colours be compared")
    if isinstance(where, Alike):
        worst, wanted, got = _worst_in_region(where)
    else:
        worst, wanted, got = _worst_in_place(where)
    if worst <= COLOUR_LIMIT:
        return Check(True, worst, COLOUR_LIMIT)
    was, now = name(wanted), name(got)
    change = f"{was} is off" if was == now else f"{was} has become {now}"
    return Check(False, worst, COLOUR_LIMIT, f"the product's {change}")


def _worst_in_place(where: Seen) -> tuple[float, Floats, Floats]:
    """Each main colour against what the image has at the very same places."""
    same = (where.product > 0.5) & (where.same > 0)
    ours, theirs = where.ours[same], where.theirs[same]
    if len(ours) < 50:
        return float("inf"), where.ours.mean(axis=(0, 1)), where.theirs.mean(axis=(0, 1))
    main = palette(ours)
    nearest = difference(ours[:, None, :], main.lab).argmin(axis=1)
    pairs = [
        (np.median(ours[nearest == k], axis=0), np.median(theirs[nearest == k], axis=0))
        for k in np.flatnonzero(main.shares >= min(MAIN_SHARE, main.shares.max()))
    ]
    return max(((float(difference(w, g)), w, g) for w, g in pairs), key=lambda found: found[0])


def _worst_in_region(where: Alike) -> tuple[float, Floats, Floats]:
    """Each main colour against the nearest that the region has in a fair part of its room."""
    main = palette(where.product)
    worst = 0.0, main.lab[0], main.lab[0]
    for wanted, share in zip(main.lab, main.shares, strict=True):
        if share < min(MAIN_SHARE, main.shares.max()):
            continue
        apart = difference(where.pixels, wanted)
        order = np.argsort(apart)[: max(1, int(len(apart) * share / 2))]
        if apart[order[-1]] > worst[0]:
            worst = float(apart[order[-1]]), wanted, np.median(where.pixels[order], axis=0)
    return worst
