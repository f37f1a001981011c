"""How the alternative text goes on after a product's title, in each language of Shopify's own admin.

By language, or by language and region where that makes a difference (Chinese writes these characters alike
everywhere). The phrases agree with a title of any gender and number.
"""

from __future__ import annotations

ON_A_BACKDROP = {
    "cs": ", na jednoduchém pozadí.",
    "da": ", på en enkel baggrund.",
    "de": ", vor schlichtem Hintergrund.",
    "en": ", on a plain backdrop.",
    "es": ", sobre un fondo liso.",
    "fi": ", yksinkertaista taustaa vasten.",
    "fr": ", sur fond uni.",
    "it": ", su uno sfondo semplice.",
    "ja": "、無地の背景。",
    "ko": ", 무지 배경.",
    "nb": ", mot en enkel bakgrunn.",
    "nl": ", tegen een effen achtergrond.",
    "no": ", mot en enkel bakgrunn.",
    "pl": ", na gładkim tle.",
    "pt": ", sobre fundo liso.",
    "pt-pt": ", sobre um fundo liso.",
    "sv": ", mot en enkel bakgrund.",
    "th": " บนพื้นหลังเรียบ",
    "tr": ", sade bir fon önünde.",
    "zh": "，素色背景。",
}
"""A composite of the studio's: the product and nothing else."""

IN_A_SCENE = {
    "cs": ", v aranžované scéně.",
    "da": ", i et arrangeret miljø.",
    "de": ", in Szene gesetzt.",
    "en": ", in a styled scene.",
    "es": ", en un ambiente decorado.",
    "fi": ", tyylitellyssä ympäristössä.",
    "fr": ", dans une mise en scène.",
    "it": ", in un'ambientazione.",
    "ja": "、使用シーンのイメージ。",
    "ko": ", 연출된 장면.",
    "nb": ", i et arrangert miljø.",
    "nl": ", in een gestileerde setting.",
    "no": ", i et arrangert miljø.",
    "pl": ", w aranżacji.",
    "pt": ", em um ambiente decorado.",
    "pt-pt": ", num ambiente decorado.",
    "sv": ", i en arrangerad miljö.",
    "th": " ในฉากที่จัดไว้",
    "tr": ", düzenlenmiş bir sahnede.",
    "zh": "，情境展示。",
}
"""A painted picture: what stands around the product, or who wears it, differs from one to the next."""
