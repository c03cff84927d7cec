"""Cases recorded from the reference packages, run against edgechat: `make conformance CASES=DIR`.

Each kind of case is a module with `cases(file)`, which yields a name and a case, `check(case)`, which returns the first
difference in one line or None, and `BAR`, the share of cases that has to pass.
"""
