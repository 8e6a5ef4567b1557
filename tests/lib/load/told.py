"""How figures are shown: each beside its limit."""

import statistics


def verdict(value, limit):
    return f"{value:.2f} (limit {limit:g}: {'within' if value <= limit else 'MISSED'})"


def seconds(what, values, note=""):
    shown = " ".join(f"{value:.2f}" for value in values)
    print(f"  {what:<46} {statistics.median(values):6.2f} s  ({shown})  {note}".rstrip(), flush=True)
