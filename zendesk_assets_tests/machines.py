"""State machines of Hypothesis, run as the tests here run them: their steps are slow."""


def run_machine(machine, examples, steps):
    """Try so many sequences of so many steps; a failure prints what repeats it."""
    from hypothesis import HealthCheck, settings  # noqa: PLC0415
    from hypothesis.stateful import run_state_machine_as_test  # noqa: PLC0415

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
