"""The whole product on one machine, with stand-ins for the outside systems: what `etl demo` and `make run` do."""
