"""Defences of a teacher: wrappers on its own side that change what it answers, or count hours.

``wrappers.defended`` puts them around an answerer, ``spelling.parse`` reads their text,
``users.cost_to_users`` measures what honest users lose, and ``prada.alarm`` looks at a query log
afterwards. Nothing is imported here: the command reads a text before torch is there.
"""
