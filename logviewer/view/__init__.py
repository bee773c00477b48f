"""What is shown: the lines of sources, all or those that a query asks for, and their course over time."""
