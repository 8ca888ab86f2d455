"""Raster tiles: orthophotos and terrain, from any GeoTIFF to a tile with its edges right."""
