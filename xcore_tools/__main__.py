"""`python -m xcore_tools`: the same command line as `xcore-tools`."""

from xcore_tools.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
