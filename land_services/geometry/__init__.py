"""The geometry kernel: pure functions on shapely geometries, metres in, metres out, on the 1 mm grid.

No Django, settings, clock, logging or transforms in here. Modules are verb families:

============  ========================================================================================
errors        named errors, each with the place of the fault
snap          the grid: integers, canonical coordinates, inserting vertices
balance       exact proofs by 1-chains of directed integer edges
measure       exact areas, widths, depth, lengths shared
sides         sides of a parcel, bearings, the N/E/S/W faces
frontage      what of a boundary lies on a street
arcs          true arcs, chords, bulges
apportion     largest remainder: areas on paper that sum exactly
noding        snap rounding of linework on integers
split         by lines
drawn         by parts as drawn in a survey file
areas_split   into equal parts or a list of areas
merge         several parcels into one
coverage      faults of a coverage, with places
corner        corner cuts at street corners
============  ========================================================================================
"""
