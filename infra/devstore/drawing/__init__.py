"""Product photographs drawn by code: garments of shaded cloth, in front of varied backdrops."""
