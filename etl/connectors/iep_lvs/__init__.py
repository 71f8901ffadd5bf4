"""IEP LVS: pupils' test results, received over UWLR or taken from a drop location."""
