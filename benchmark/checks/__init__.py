"""Whether numbers still come out as they did."""
