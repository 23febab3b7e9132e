"""Groups of commands, each registered by `cli`."""
