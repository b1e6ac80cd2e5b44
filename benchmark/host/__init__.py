"""The process of a method, from both sides: the commands of the suite, and the answers to them."""
