"""What every test may use. The parts of the test bench that need explaining live in modules of their own."""

pytest_plugins = [
    "tests.pace",
    "tests.database",
    "tests.chromium",
    "tests.cast",
    "tests.house",
    "tests.demo_trial",
    "tests.templates_seen",
]
