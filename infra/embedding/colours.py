"""Colour words of the languages that shops write in (en de fr es it pt), as sRGB."""

from __future__ import annotations

from infra.keywords import words

RGB = tuple[int, int, int]

_NAMES: dict[RGB, str] = {
    (28, 28, 30): "black schwarz noir noire negro negra nero nera neri nere preto preta",
    (240, 240, 238): "white weiss blanc blanche blanco blanca bianco bianca bianchi bianche branco branca",
    (128, 128, 130): "grey gray grau gris grise grigio grigia grigi grigie cinza cinzento cinzenta",
    (60, 62, 66): "charcoal anthracite anthrazit antracita antracite",
    (192, 194, 198): "silver silber argent argente plata plateado plateada argento prata prateado prateada",
    (200, 30, 40): "red rot rouge rojo roja rosso rossa rossi rosse vermelho vermelha scarlet",
    (110, 22, 42): "burgundy bordeaux burdeos bordo maroon wine weinrot granate vinho granata",
    (240, 110, 90): "coral koralle corail corallo",
    (240, 150, 180): "pink rosa rose rosado rosada",
    (225, 30, 130): "magenta fuchsia fucsia",
    (240, 125, 30): "orange naranja arancione arancio laranja",
    (190, 90, 40): "rust terracotta rostbraun rouille",
    (240, 205, 50): "yellow gelb jaune amarillo amarilla giallo gialla gialli gialle amarelo amarela",
    (205, 155, 40): "mustard senf senfgelb moutarde mostaza senape mostarda",
    (205, 165, 70): "gold golden or dore doree dorado dorada oro dorato dorata ouro dourado dourada",
    (60, 140, 70): "green grun vert verte verde verdi",
    (105, 105, 55): "olive khaki oliv oliva kaki cachi",
    (165, 215, 185): "mint minze menthe menta",
    (60, 180, 175): "turquoise teal turkis turquesa turchese petrol",
    (45, 95, 185): "blue blau bleu bleue azul blu",
    (30, 38, 78): "navy marine marineblau marino",
    (150, 195, 230): "azure azzurro azzurra azzurri azzurre celeste himmelblau",
    (70, 95, 135): "denim",
    (115, 55, 145): "purple violet violett violette lila morado morada viola roxo roxa",
    (190, 165, 215): "lavender lilac lavendel lavande lavanda",
    (105, 70, 45): "brown braun brun brune marron castano marrone castanho castanha chocolate",
    (190, 145, 95): "camel tan cognac kamel camello cammello camelo",
    (215, 200, 175): "beige sand taupe nude",
    (245, 238, 218): "cream ivory ecru creme creme crema marfil avorio marfim offwhite cremeweiss",
}
_COLOURS: dict[str, RGB] = {name: rgb for rgb, names in _NAMES.items() for name in names.split()}

_BEFORE = {"light": 1, "pale": 1, "pastel": 1, "dark": -1, "deep": -1, "hell": 1, "dunkel": -1}
_AFTER = {"clair": 1, "claire": 1, "claro": 1, "clara": 1, "chiaro": 1, "chiara": 1}
_AFTER |= {"fonce": -1, "foncee": -1, "oscuro": -1, "oscura": -1, "scuro": -1, "scura": -1}
_AFTER |= {"escuro": -1, "escura": -1}


def colours_in(text: str) -> list[RGB]:
    """The colours that a text names, in order; "light blue", "hellblau" and "azul claro" are lightened."""
    found = []
    spoken = ["", *words(text), ""]
    for before, word, after in zip(spoken, spoken[1:], spoken[2:], strict=False):
        if colour := _colour(word):
            found.append(_shaded(colour, _BEFORE.get(before, 0) or _AFTER.get(after, 0)))
        elif colour := _colour(_without_prefix(word)):
            found.append(_shaded(colour, 1 if word.startswith("hell") else -1))
    return found


def _colour(word: str) -> RGB | None:
    """By the word itself, or without a German ending ("rotes", "blaue")."""
    for ending in ("", "e", "er", "en", "em", "es"):
        if word.endswith(ending) and (colour := _COLOURS.get(word.removesuffix(ending) if ending else word)):
            return colour
    return None


def _without_prefix(word: str) -> str:
    for prefix in ("hell", "dunkel"):
        if word.startswith(prefix):
            return word.removeprefix(prefix)
    return ""


def _shaded(colour: RGB, direction: int) -> RGB:
    target = 255 if direction > 0 else 0
    share = 0.45 if direction else 0
    red, green, blue = (round(value + (target - value) * share) for value in colour)
    return red, green, blue
