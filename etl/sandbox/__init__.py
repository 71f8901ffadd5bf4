"""Stand-ins for the outside systems, over real sockets, misbehaving as the real ones do.

``/moodle`` a recorded site, ``/generated`` a Moodle of any size from a seed, ``/pe`` PE-Online with books of its
own, ``/control`` faults, counters, changes and a reset. ``serve`` (in server) runs it for a test or a demo, ``run``
for ``etl sandbox start``; tokens and keys are in accounts. Another system is a class after frame.System, added to
``create_app``.
"""
