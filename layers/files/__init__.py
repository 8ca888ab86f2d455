"""Reading and writing of GIS files: any vector file in, cleaned features out, and back.

Nothing here knows a database or a model. ``reader`` and ``writer`` stream; ``cleaning`` is pure geometry; ``defects``
holds the words for what was found; ``staging`` is the shape in which parcels are handed to the register.
"""
