"""Tables from the rows of a store: grouping, layout, footnotes, and their formats."""
