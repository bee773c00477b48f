"""The meaning of a line: level, time, fields, record, and redaction. Pure functions of the text and the rules."""
