import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from endpoints.management.writing import replace_file
from endpoints.plan import make_plan
from endpoints.readers import name_files, render_facts
from endpoints.simulation.assumptions import Assumptions
from endpoints.simulation.characteristics import PRIMARY_TESTS, Characteristic, find_characteristics, write_table
from endpoints.simulation.draw import draw_trial
from endpoints.simulation.figure import draw_characteristics
from endpoints.simulation.settings import CHOICES, assume, read_size
from trialsite.protocol.current import get_protocol

SIZES = ((9, 10), (20, 20), (40, 40), (80, 80))
MOST_PATIENTS = 1_000_000


class Command(BaseCommand):
    help = (
        "Draw synthetic trials from stated assumptions: how often the plan's primary tests find the assumed effect, and how often"
        " they find one where there is none; as a table, with --csv and --svg as files. With --write-csv one trial's data instead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patients", type=_read_size, nargs="+", default=SIZES, metavar="TREATED+SHAM", help="sizes"
        )
        parser.add_argument("--trials", type=int, default=500, help="trials for each size, with and without the effect")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same trials")
        for key, choice in CHOICES.items():
            parser.add_argument(
                f"--{key.replace('_', '-')}",
                type=float,
                default=choice.default,
                help=f"{choice.label}; {choice.default:g}",
            )
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table here")
        parser.add_argument("--svg", type=Path, metavar="FILE", help="write the figure here")
        parser.add_argument("--write-csv", type=Path, metavar="DIR", help="draw one trial and write its data set here")
        parser.add_argument("--name", default="simulated", metavar="SET", help="name of that data set")

    def handle(self, *args: Any, **options: Any) -> None:
        assumptions = self._assume(options)
        if options["write_csv"] is not None:
            self._write_trial(assumptions, options)
            return
        if options["trials"] < 1:
            raise CommandError("At least one trial is needed: --trials 500, for example.")
        found = list(self._find(assumptions, options))
        self._tell_assumptions(options)
        self._print(found)
        if options["csv"] is not None:
            replace_file(options["csv"], write_table(found))
        if options["svg"] is not None:
            replace_file(options["svg"], draw_characteristics(found).decode())

    def _assume(self, options: dict[str, Any]) -> Assumptions:
        try:
            return assume({key: options[key] for key in CHOICES})
        except ValueError as error:
            raise CommandError(str(error)) from None

    def _find(self, assumptions: Assumptions, options: dict[str, Any]) -> Sequence[Characteristic]:
        sizes, trials = options["patients"], options["trials"]
        steps = len(sizes) * 2 * len(PRIMARY_TESTS)
        drawn = find_characteristics(assumptions, make_plan(get_protocol()), sizes, trials, options["seed"])
        return list(tqdm(drawn, total=steps, unit="result", file=sys.stderr, disable=None))

    def _tell_assumptions(self, options: dict[str, Any]) -> None:
        """What the trials were drawn from, so that the table tells it wherever it is pasted."""
        self.stdout.write(f"Assumed, with seed {options['seed']}:")
        self.stdout.writelines(f"  {choice.label}: {options[key]:g}\n" for key, choice in CHOICES.items())

    def _print(self, found: Sequence[Characteristic]) -> None:
        self.stdout.write(
            f"{'test':<46}{'treated + sham':>15}{'type I error':>17}{'95 % limits':>14}{'power':>17}{'95 % limits':>14}{'undefined':>11}"
        )
        for without, having in pair_up(found):
            sizes = f"{without.n_treated} + {without.n_sham}"
            parts = "".join(map(_say_part, (without, having)))
            self.stdout.write(f"{without.test:<46}{sizes:>15}{parts}{without.undefined + having.undefined:>11}")
        self.stdout.write(f"± is one Monte Carlo standard error, limits are exact. Trials of each: {found[0].trials}.")
        self.stdout.write("An undefined test finds nothing.")

    def _write_trial(self, assumptions: Assumptions, options: dict[str, Any]) -> None:
        folder, sizes = options["write_csv"], options["patients"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder. Make it first.")
        if len(sizes) != 1 or sum(sizes[0]) > MOST_PATIENTS:
            raise CommandError("Say the size of the one trial to write: --patients 500+500; a million at most.")
        treated, sham = sizes[0]
        sized = Assumptions(**{**vars(assumptions), "n_treated": treated, "n_sham": sham})
        files = name_files(options["name"])
        for table, text in render_facts(draw_trial(sized, make_plan(get_protocol()), options["seed"])).items():
            replace_file(folder / files[table], text)
        self.stderr.write(f"{treated + sham:,} synthetic patients in {folder}: {', '.join(files.values())}.")


def _say_part(one: Characteristic) -> str:
    part, limits = f"{100 * one.part:.1f} ± {100 * one.error:.1f} %", one.limits
    return f"{part:>17}{100 * limits.low:>7.1f}-{100 * limits.high:<6.1f}"


def _read_size(text: str) -> tuple[int, int]:
    try:
        return read_size(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def pair_up(found: Sequence[Characteristic]) -> list[tuple[Characteristic, Characteristic]]:
    """Without and with the effect, side by side."""
    places = {(one.test, one.n_treated, one.n_sham, one.has_effect): one for one in found}
    return [(one, places[one.test, one.n_treated, one.n_sham, True]) for one in places.values() if not one.has_effect]
