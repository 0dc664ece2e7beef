"""The published study's data, and any other that comes in the same columns: read, checked, made ratings.

`importer.import_published` does all of it. Nothing of the data is in this package.
"""
