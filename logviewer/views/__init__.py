"""Lines as they are shown: of one source or several, all or filtered, and counted over time."""
