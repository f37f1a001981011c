"""Garments, cut like paper patterns: centimetres, the neck's middle at (0, 0), y down."""
