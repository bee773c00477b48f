"""Demo logs of a small web shop whose services fail and recover."""
