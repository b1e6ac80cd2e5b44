"""A prediction API on a teacher: it answers, counts and refuses on the server's side.

Needs the extra ``[serve]``. ``benchmark.endpoint`` is the client of such an API.
"""
