"""The demo store's catalog: the products of Linden Hare, a small label that does not exist, drawn by code.

`draw_catalog` writes the folder that `bestshot batch` and the local store read: `products.csv` with
`images/`, `new_products.csv` with `new_products/`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from infra.devstore.drawing.looks import render
from infra.files import write_whole


class Row(NamedTuple):
    """A line of products.csv."""

    product_id: str
    title: str
    category: str
    color: str
    style: str
    season: str
    sales_count: int
    price: str
    description: str

    @property
    def image_path(self) -> str:
        return f"{self.product_id}.jpg"


class NewRow(NamedTuple):
    """A line of new_products.csv."""

    new_id: str
    title: str
    category: str
    color: str
    style: str
    season: str
    price: str
    prompt_hint: str

    @property
    def image_path(self) -> str:
        return f"{self.new_id}.jpg"


COLUMNS = [
    "product_id",
    "image_path",
    "title",
    "category",
    "color",
    "style",
    "season",
    "sales_count",
    "description",
    "price",
]
NEW_COLUMNS = [
    "new_id",
    "image_path",
    "title",
    "category",
    "color",
    "style",
    "season",
    "prompt_hint",
    "price",
]


def draw_catalog(folder: Path) -> None:
    """Write the catalog into `folder`; pictures that are already there are kept.

    The same bytes come out on every run. Files appear whole or not at all.
    """
    for name, rows in (("images", PRODUCTS), ("new_products", NEW_PRODUCTS)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for row in rows:
            path = folder / name / row.image_path
            if not path.exists():
                write_whole(path, _jpeg(row[0]))
    write_whole(folder / "products.csv", _table(COLUMNS, PRODUCTS))
    write_whole(folder / "new_products.csv", _table(NEW_COLUMNS, NEW_PRODUCTS))


def _jpeg(product_id: str) -> bytes:
    pixels = np.round(render(product_id) * 255).astype(np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=88, subsampling=0)
    return encoded.getvalue()


def _table(columns: Sequence[str], rows: Iterable[Row | NewRow]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(row, column) for column in columns] for row in rows)
    return text.getvalue().encode()


# fmt: off
PRODUCTS = (
    Row("LH101", "Marigold floral midi dress", "Dresses", "cream", "romantic", "summer", 6240, "148.00",
        "Our most-loved dress, back for its fifth summer. A V-neck and fluttering sleeves in airy cotton "
        "voile, hand-painted marigolds, and a skirt that moves with every step."),
    Row("LH102", "Saltwater tiered maxi dress", "Dresses", "light blue", "bohemian", "summer", 3180, "162.00",
        "Washed linen in the blue of shallow water. Three gathered tiers fall from slim straps; made for "
        "bare feet, late lunches and the last ferry home."),
    Row("LH103", "Orchard ruffle maxi dress", "Dresses", "blush", "romantic", "summer", 2760, "174.00",
        "Peach blossom scattered over soft cotton. Four floating ruffle tiers, a square neckline and "
        "flutter sleeves make it the one to wear to every garden party this year."),
    Row("LH104", "Ines linen sundress", "Dresses", "ecru", "relaxed", "summer", 1890, "138.00",
        "A square neck, small puffed sleeves and five little buttons in undyed linen. It crumples "
        "beautifully, and softens with each wash."),
    Row("LH105", "Fireside rollneck knit dress", "Dresses", "oat", "cosy", "winter", 4380, "168.00",
        "A long ribbed dress in lambswool and cotton with a generous turtleneck. Warm enough to go without "
        "a coat, soft enough to forget you have it on."),
    Row("LH106", "Vesper ribbed knit dress", "Dresses", "burgundy", "elegant", "winter", 1640, "158.00",
        "Fine merino rib that follows the body and stops just below the knee. Wear it with tall boots by "
        "day and bare collarbones by night."),
    Row("LH107", "Picnic gingham dress", "Dresses", "green", "playful", "spring", 940, "124.00",
        "Crisp cotton gingham, puffed sleeves and a skirt full enough to sit on the grass in. Side pockets "
        "deep enough for a paperback."),
    Row("LH108", "Quayside striped jersey dress", "Dresses", "navy", "casual", "spring", 610, "89.00",
        "A sleeveless jersey dress in sailor stripes. Pull it on after a swim; it dries before you do."),
    Row("LH109", "Odette polka dot tea dress", "Dresses", "navy", "vintage", "autumn", 1220, "152.00",
        "Ivory dots on midnight viscose, balloon sleeves and a tied waist. The cut is borrowed from a 1940s "
        "pattern in our archive."),
    Row("LH110", "Champagne bias slip dress", "Dresses", "champagne", "elegant", "all-season", 1710, "178.00",
        "Cut on the bias from heavy satin, with a soft cowl neck and straps as thin as ribbon. It catches "
        "candlelight like nothing else."),
    Row("LH111", "Nocturne tiered dress", "Dresses", "black", "classic", "autumn", 380, "134.00",
        "A long-sleeved black dress in brushed cotton with three quiet tiers. The one you reach for when "
        "nothing else feels right."),
    Row("LH201", "Harbour cable sweater", "Knitwear", "ivory", "cosy", "winter", 5120, "154.00",
        "Thick cables in undyed wool from a mill two valleys away. Knitted slowly, finished by hand, and "
        "worn by half of the harbour."),
    Row("LH202", "Elin button cardigan", "Knitwear", "oatmeal", "cosy", "autumn", 2890, "136.00",
        "A V-neck cardigan with ribbed bands and horn buttons, in a lambswool as soft as porridge on a "
        "Sunday. Wear it open, or as a sweater with nothing under it."),
    Row("LH203", "Fisher rib rollneck", "Knitwear", "forest green", "classic", "winter", 1980, "149.00",
        "A heavy fisherman's rib with a deep rolled neck. Made to keep out sea wind, kept for evenings by "
        "the fire."),
    Row("LH204", "Breton stripe sweater", "Knitwear", "navy", "classic", "spring", 1560, "112.00",
        "Cream cotton with navy stripes, knitted to the gauge of the original sailors' jersey. Relaxed "
        "shoulders, ribbed cuffs, no fuss."),
    Row("LH205", "Cloud mohair cardigan", "Knitwear", "blush", "romantic", "winter", 2310, "165.00",
        "Brushed mohair and silk in the faintest rose, with pearly buttons. Light as breath and much warmer "
        "than it looks."),
    Row("LH206", "Archive V-neck pullover", "Knitwear", "burgundy", "preppy", "autumn", 720, "98.00",
        "A plain lambswool V-neck to layer over a shirt. The colour comes from a school scarf that our "
        "founder never gave back."),
    Row("LH207", "Everyday marl crewneck", "Knitwear", "grey", "casual", "all-season", 430, "84.00",
        "A mid-weight crewneck in two shades of grey yarn twisted together. Goes with everything and never "
        "shows it."),
    Row("LH208", "Mustard rib rollneck", "Knitwear", "mustard", "casual", "winter", 270, "92.00",
        "A fine-rib rollneck in English mustard. Close enough to wear under a jacket, warm enough to wear "
        "alone."),
    Row("LH301", "Lune cowl-neck camisole", "Tops", "champagne", "elegant", "all-season", 4460, "96.00",
        "Liquid satin that falls into a soft cowl neck, on the thinnest of straps. Under a blazer at five, "
        "on its own by nine."),
    Row("LH302", "Sunday linen shirt", "Tops", "white", "relaxed", "summer", 2420, "108.00",
        "A roomy shirt in washed Belgian linen with a single pocket and shell buttons. Borrowed from the "
        "boys, kept for good."),
    Row("LH303", "Sage satin blouse", "Tops", "sage", "elegant", "autumn", 1750, "118.00",
        "Full sleeves, a small collar and a sheen like the underside of an olive leaf. Machine washable, "
        "though nobody will believe it."),
    Row("LH304", "Pinstripe poplin shirt", "Tops", "blue", "classic", "spring", 1530, "94.00",
        "Crisp cotton poplin in boating blue. Cut straight, with a curved hem to tuck in, knot or leave be."),
    Row("LH305", "Midnight draped cowl top", "Tops", "black", "elegant", "winter", 1610, "88.00",
        "A sleeveless top in black crêpe satin; the neckline drapes itself. All that an evening needs, with "
        "trousers or the pleated skirt."),
    Row("LH306", "Boathouse striped tee", "Tops", "red", "casual", "spring", 820, "58.00",
        "A boat neck, long sleeves and brick-red stripes in heavy cotton jersey. Better after the tenth "
        "wash than the first."),
    Row("LH307", "Violet field blouse", "Tops", "lilac", "romantic", "spring", 560, "79.00",
        "A gathered blouse with puffed sleeves and a frilled hem, printed with wild violets."),
    Row("LH308", "Plain V-neck tee", "Tops", "sage", "casual", "all-season", 190, "34.00",
        "A plain tee in organic cotton with a neat V. It does what it says."),
    Row("LH401", "Weatherby trench coat", "Outerwear", "sand", "classic", "spring", 3720, "289.00",
        "A double-breasted trench in tightly woven cotton with a storm flap, a leather buckle and a belt to "
        "tie in a knot. It turns rain into an excuse."),
    Row("LH402", "Hazel wool wrap coat", "Outerwear", "camel", "elegant", "winter", 2640, "345.00",
        "Double-faced wool in deep camel, belted like a dressing gown and about as comfortable. Half lined, "
        "so that it hangs as it should."),
    Row("LH403", "Quarry denim jacket", "Outerwear", "denim blue", "casual", "spring", 1690, "139.00",
        "Rigid denim with copper buttons and tobacco stitching. Stiff on the first day; yours by the second "
        "month."),
    Row("LH404", "Almond bouclé jacket", "Outerwear", "ivory", "elegant", "autumn", 1510, "228.00",
        "A short collarless jacket in ivory bouclé with black braid, four small pockets and gold buttons. "
        "Made for good posture."),
    Row("LH405", "Windowpane check blazer", "Outerwear", "grey", "tailored", "autumn", 480, "196.00",
        "A long single-breasted blazer in a soft wool check. Sharp at the shoulder, easy everywhere else."),
    Row("LH501", "Gilda pleated satin skirt", "Skirts", "gold", "elegant", "autumn", 3010, "128.00",
        "Knife pleats in old-gold satin that open as you walk. An elastic back makes it as kind as it is "
        "grand."),
    Row("LH502", "Rosewater tulle skirt", "Skirts", "dusty rose", "romantic", "all-season", 1840, "142.00",
        "Four layers of soft tulle over a cotton lining, gathered into a satin band. With a sweater it is "
        "breakfast; with heels it is a ball."),
    Row("LH503", "Olive bias slip skirt", "Skirts", "olive", "elegant", "all-season", 1620, "106.00",
        "A bias-cut midi in heavy satin. It skims, it swings, and it goes with every knit in the "
        "collection."),
    Row("LH504", "Dockside denim skirt", "Skirts", "denim blue", "casual", "spring", 690, "74.00",
        "A knee-length A-line in mid-blue denim, sturdy and softened by a stone wash."),
    Row("LH505", "Delft floral skirt", "Skirts", "blue", "vintage", "summer", 330, "82.00",
        "A gathered cotton skirt printed with blue flowers from an old tile."),
    Row("LH601", "Dune wide-leg linen trousers", "Trousers", "sand", "relaxed", "summer", 2580, "118.00",
        "Wide legs, a drawstring waist and linen the colour of dry sand. The nearest thing to wearing "
        "nothing."),
    Row("LH602", "Alma pleated trousers", "Trousers", "grey", "tailored", "autumn", 1660, "132.00",
        "High-waisted, with two soft pleats and a long clean line to the ankle. In a wool twill that does "
        "not crease on trains."),
    Row("LH603", "Straight-leg indigo jeans", "Trousers", "indigo", "classic", "all-season", 1550, "119.00",
        "A straight leg and a high rise in thirteen-ounce indigo denim. No stretch, no holes, no regrets."),
    Row("LH604", "Rust corduroy trousers", "Trousers", "rust", "vintage", "winter", 360, "98.00",
        "Fine-wale corduroy in the brown-orange of beech leaves, cut straight and a little cropped."),
    Row("LH701", "Market day basket", "Bags", "natural", "bohemian", "summer", 2120, "86.00",
        "A deep basket woven from palm leaf, with leather handles that darken in the sun. Carries six "
        "artichokes, or a towel and a novel."),
    Row("LH702", "Half-moon shoulder bag", "Bags", "tan", "classic", "all-season", 1770, "189.00",
        "A soft crescent in vegetable-tanned leather with brass rivets. It holds less than you want and all "
        "that you need."),
    Row("LH703", "Canvas library tote", "Bags", "ecru", "casual", "all-season", 520, "39.00",
        "Heavy unbleached canvas with navy handles. For books, bread and small dogs."),
    Row("LH704", "Noir bucket bag", "Bags", "black", "minimal", "winter", 1580, "198.00",
        "Smooth black leather gathered on a cord. Stands by itself on a bar stool."),
)

NEW_PRODUCTS = (
    NewRow("NEW1", "Blue knit cardigan with grey tulle skirt", "Knitwear", "blue",
        "romantic", "winter", "196.00",
        "A soft blue knit cardigan with pale buttons over a full grey tulle skirt; sold as a set."),
    NewRow("NEW2", "Light green floral ruffle maxi dress", "Dresses", "light green",
        "romantic", "summer", "169.00",
        "A light green floral maxi dress with flutter sleeves and four ruffled tiers, for garden weddings."),
    NewRow("NEW3", "Camel turtleneck knit dress", "Dresses", "camel", "cosy", "winter", "164.00",
        "A long ribbed knit dress in camel wool with a rolled turtleneck, for cold clear days."),
    NewRow("NEW4", "Dark grey cowl-neck top dress", "Tops", "dark grey", "elegant", "autumn", "92.00",
        "A sleeveless dark grey top dress with a softly draped cowl neck, to wear over trousers or alone."),
)
# fmt: on
