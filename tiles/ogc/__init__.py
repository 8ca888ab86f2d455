"""OGC API - Tiles (20-057), part 1: the vector tiles as resources of the API below ``/ogc/``."""
