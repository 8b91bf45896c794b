"""A recipe from Python: the same as ``multiplane run clean-backgrounds``.

python examples/run_recipe.py film.mp4 out
"""

import sys

import multiplane


def main(source: str, out: str) -> int:
    """Take a film apart; the exit status says whether everything went well."""
    options = {"segment.min_instance_px": 400, "inpaint.grow_px": 12}
    report = multiplane.run("clean-backgrounds", source, out, options=options)
    for step in report.steps:
        print(f"{step.id}: {step.done} done in {step.seconds:.1f} s")
    for failure in report.failures:
        print(f"{failure.item}: {failure.what}")
    print(report.page)
    return report.exit_status


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except multiplane.MultiplaneError as error:
        sys.exit(str(error))
