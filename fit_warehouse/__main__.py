"""`python -m fit_warehouse` is the command `fit`."""

from fit_warehouse.cli import main

if __name__ == "__main__":
    main()
