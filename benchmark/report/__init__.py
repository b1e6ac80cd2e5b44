"""The report, and the pages it is made of."""
